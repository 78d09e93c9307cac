import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRecord } from "../../../gateway/wfdb/write";
import { invented } from "../rhythm/episodes/invented";
import { type Built, built } from "./built";

const RATE = 250;
const DOCUMENT = readFileSync(join(__dirname, "../../../gateway/cli/README.md"), "utf8");
const GAIN = 1000;

describe("avnode analyze", function () {
  let dir: string;
  let program: Built;
  const avnode = (...words: string[]) => program.run("analyze", ...words);
  const regular = (interval: number) =>
    Array.from({ length: 100 }, (_, i) => ({ at: 0.4 + i * interval, class: "N" as const, atrial: true }));

  function write(name: string, signal: Int32Array, unit = "mV", gain = GAIN) {
    const lead = { name: "I", unit, gain, baseline: 0, adcZero: 0, bits: 16 };
    writeRecord(dir, { name, rateNum: RATE, rateDen: 1, leads: [lead], signals: [signal], start: undefined });
  }

  before(() => {
    program = built();
    dir = mkdtempSync(join(tmpdir(), "av-"));
    const fast = invented(regular(0.4), 40, RATE, GAIN);
    write("fast", fast);
    write("microvolts", fast, "uV", GAIN / 1000);
    const calm = invented(regular(0.8), 80, RATE, GAIN);
    calm.fill(-32768, 30 * RATE, 35 * RATE);
    write("gap", calm);
  });
  after(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it("prints one line of JSON per record of a directory, in their order, with the beats that were made up", () => {
    const { status, stdout } = avnode(dir, "--json");
    assert.equal(status, 0);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      answers.map(({ record, fs }) => [record, fs]),
      [
        ["fast", RATE],
        ["gap", RATE],
        ["microvolts", RATE],
      ],
    );
    const [fast, gap, microvolts] = answers;
    const truth = regular(0.4).map(({ at }) => Math.round(at * RATE));
    for (const { sample, class: kind } of fast.beats) {
      // At the ends beats are cut, and too little is known of their surroundings to insist on a class.
      if (sample < 2 * RATE || sample > 38 * RATE) continue;
      assert.equal(kind, "N", `${sample}`);
      assert.ok(
        truth.some((beat) => Math.abs(beat - sample) <= 0.02 * RATE),
        `${sample}`,
      );
    }
    assert.ok(fast.beats.length >= truth.filter((beat) => beat < 39 * RATE).length);
    assert.deepEqual(
      fast.episodes.map(({ rhythm, from, to }: never) => [rhythm, from, to]),
      [["tachy", 0, 40 * RATE]],
    );
    assert.deepEqual(fast.quality, [{ from: 0, to: 40 * RATE, analysable: true, problems: [] }]);
    assert.ok(Math.abs(fast.summary.meanRate - 150) < 0.5);
    assert.match(fast.version, /avnode-intervals\/\d/);
    assert.deepEqual(fast.inputs, { rate: RATE, gain: GAIN, rails: { low: -32768, high: 32767 }, lead: "I" });
    const normal = new Set(
      gap.beats.filter(({ class: kind }: never) => kind === "N").map(({ sample }: never) => sample),
    );
    for (const { from, to, qrs, evidence } of gap.measurements) {
      assert.ok(to <= 30 * RATE || from >= 35 * RATE, `${from} to ${to}`);
      // Bells of 12 and 13 ms: from 25 + 2.5 · 12 ms before the beat to 28 + 2.5 · 13 ms behind it.
      assert.ok(Math.abs(qrs.ms - 115) < 16, `${qrs.ms}`);
      assert.ok(evidence.beats.every((sample: number) => normal.has(sample)));
    }
    assert.equal(gap.summary.measurements.stretches, gap.measurements.length);
    // The same heart at a thousandth of the unit.
    assert.deepEqual({ ...microvolts, record: "fast" }, fast);
    // Markers of missing samples are no signal.
    for (const { from, to } of [...gap.episodes, ...gap.quality])
      assert.ok(to <= 30 * RATE || from >= 35 * RATE, `${from} to ${to}`);
    assert.equal(gap.summary.seconds, 75);
  });

  it("says in JSON what it promises, with as many digits as mean something", () => {
    const [line] = avnode(join(dir, "fast"), "--json").stdout.split("\n");
    const answer = JSON.parse(line!);
    for (const key of ["record", "fs", "beats", "episodes", "quality", "summary"])
      assert.ok(key in answer, key);
    for (const key of [...Object.keys(answer), ...Object.keys(answer.summary)])
      assert.ok(DOCUMENT.includes(`\`${key}\``), `${key} is not documented`);
    for (const { sample, class: kind, confidence } of answer.beats) {
      assert.ok(Number.isInteger(sample) && "NSVFQ".includes(kind), `${sample} ${kind}`);
      assert.match(String(confidence), /^(0(\.\d{1,3})?|1)$/);
    }
    const [{ from, to, rhythm, confidence, evidence }] = answer.episodes;
    assert.deepEqual([from, to, rhythm], [0, 40 * RATE, "tachy"]);
    assert.ok(confidence > 0.5 && confidence <= 1);
    assert.ok(evidence.from >= from && evidence.to <= to && evidence.from < evidence.to);
    assert.match(answer.version, /^avnode-beats\/\d+ avnode-rhythm\/\d+ .*avnode-analysis\/\d+$/);
    const counted: number[] = Object.values(answer.summary.beats);
    assert.equal(
      counted.reduce((sum, count) => sum + count, 0),
      answer.beats.length,
    );
  });

  it("reads formats 16, 212 and MATLAB's alike, and the lead that it is told", () => {
    const samples = 40 * RATE;
    const signal = invented(regular(0.4), 40, RATE, 200);
    const flat = new Int32Array(samples);
    const leads = [flat, signal];
    const bytes16 = Buffer.alloc(4 * samples);
    const bytes212 = Buffer.alloc(3 * samples);
    for (let i = 0; i < samples; i++) {
      const [a, b] = [leads[0]![i]!, leads[1]![i]!];
      bytes16.writeInt16LE(a, 4 * i);
      bytes16.writeInt16LE(b, 4 * i + 2);
      // signal(5): low bytes of both samples around a byte of their high halves.
      bytes212[3 * i] = a & 0xff;
      bytes212[3 * i + 1] = ((a >> 8) & 0xf) | (((b >> 8) & 0xf) << 4);
      bytes212[3 * i + 2] = b & 0xff;
    }
    const matrix = Buffer.concat([Buffer.alloc(24), bytes16]);
    for (const [k, word] of [30, 2, samples, 0, 4].entries()) matrix.writeUInt32LE(word, 4 * k);
    matrix.write("val", 20);
    const below = mkdtempSync(join(dir, "formats-"));
    for (const [name, file, format, bytes] of [
      ["plain", "plain.dat", "16", bytes16],
      ["packed", "packed.dat", "212", bytes212],
      ["matlab", "matlab.mat", "16+24", matrix],
    ] as const) {
      writeFileSync(join(below, file), bytes);
      // A header that states no number of samples vouches for none of them.
      const line = `${file} ${format} 200/mV 12 0\n`;
      writeFileSync(join(below, `${name}.hea`), `${name} 2 ${RATE}\n${line}${line}`);
    }
    const { status, stdout, stderr } = avnode(below, "--lead", "1", "--json");
    assert.equal(status, 0, stderr);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      answers.map(({ record }) => record),
      ["matlab", "packed", "plain"],
    );
    for (const answer of answers) {
      // A lead without a name has its record's.
      answer.inputs.lead = answers[2].inputs.lead;
      assert.deepEqual({ ...answer, record: "plain" }, answers[2]);
    }
    assert.ok(answers[2].beats.length > 95);
    const first = JSON.parse(avnode(join(below, "packed.dat"), "--json").stdout);
    assert.deepEqual(first.beats, []);
    assert.deepEqual(
      first.episodes.map(({ rhythm }: never) => rhythm),
      ["unreadable"],
    );
  });

  it("refuses rates that it does not understand, and goes on", () => {
    const below = mkdtempSync(join(dir, "rates-"));
    for (const rate of [50, 99, 100, 1000, 1001, 2000]) {
      writeFileSync(
        join(below, `at${rate}.hea`),
        `at${rate} 1 ${rate} ${rate}\nat${rate}.dat 16 1000/mV 16 0 0\n`,
      );
      writeFileSync(join(below, `at${rate}.dat`), Buffer.alloc(2 * rate));
    }
    const { status, stdout, stderr } = avnode(below, "--json");
    assert.equal(status, 3);
    const told = stdout.trimEnd().split("\n");
    assert.deepEqual(
      told.map((line) => JSON.parse(line).fs),
      [100, 1000],
    );
    const refused = stderr.match(
      /^avnode: cannot analyze \S*: \d+ samples a second, .*; resample it first$/gm,
    );
    assert.deepEqual(
      refused?.map((line) => /at(\d+):/.exec(line)![1]),
      ["1001", "2000", "50", "99"],
    );
  });

  it("ends without a word when nobody reads on", async () => {
    const child = spawn(process.execPath, [program.program, "analyze", dir, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    child.stdout.destroy();
    const [code] = await once(child, "close");
    assert.deepEqual([code, said], [3, ""]);
  });

  it("names strips as CinC 2017 does", () => {
    const { status, stdout } = avnode(join(dir, "fast.hea"), join(dir, "gap"), "--classes", "cinc2017");
    assert.equal(status, 0);
    assert.match(stdout, /^fast,[NAO~]\ngap,[NAO~]\n$/);
  });

  it("draws a record for people, and says that it is no diagnosis", () => {
    const { stdout, stderr } = avnode(join(dir, "fast.dat"));
    assert.match(stdout, /^fast {2}I, 250 Hz, 00:00:40, 100 % of it readable\n {2}rate {4}150 a minute/);
    assert.match(stdout, /\n {2}rhythm {2}T{60}\n/);
    assert.match(stdout, /\n {2}intervals .*QRS \d+ ms.*, averaged over \d+ beats\n/);
    assert.match(stdout, /00:00:00 to 00:00:40 {2}fast, 150 a minute/);
    assert.match(stderr, /no diagnosis/);
  });

  it("goes on behind a record that it cannot read, and exits with 3", () => {
    writeFileSync(join(dir, "lost.hea"), "lost 1 250 1000\nlost.dat 16 1000/mV 16 0 0 0 0 I\n");
    const { status, stdout, stderr } = avnode(join(dir, "lost"), join(dir, "fast"), "--json");
    rmSync(join(dir, "lost.hea"));
    assert.equal(status, 3);
    assert.match(stderr, /^avnode: .*lost\.dat: .*; check the path[^\n]*\n1 record of 2 not analyzed\n$/s);
    assert.match(stdout, /^{"record":"fast"[^\n]*\n$/);
    const none = avnode(join(dir, "fast"), join(dir, "gap"), "--lead", "3");
    assert.equal(none.status, 3);
    assert.match(
      none.stderr,
      /fast: it has no lead 3; it has 1 lead, counted from 0\n.*gap: it has no lead 3/s,
    );
  });

  it("takes a record once, by whichever of its files it is named", () => {
    const names = ["fast.dat", "gap.hea", "fast", "fast.hea"].map((name) => join(dir, name));
    const { status, stdout } = avnode(...names, `${dir}/./gap`, "--classes", "cinc2017");
    assert.equal(status, 0);
    assert.match(stdout, /^fast,[NAO~]\ngap,[NAO~]\n$/);
  });

  it("analyzes the rest where a name is none of a record, and says of each what to do", () => {
    const below = mkdtempSync(join(dir, "below-"));
    writeFileSync(join(below, "picture.png"), "PNG");
    mkdirSync(join(below, "set", "x"), { recursive: true });
    const bad = ["picture.png", "nowhere", "nowhere/x.hea", "set", "set/x"].map((name) => join(below, name));
    const { status, stdout, stderr } = avnode(...bad, join(dir, "fast"), "--json");
    assert.equal(status, 3);
    assert.match(stdout, /^{"record":"fast"[^\n]*\n$/);
    const hints = [
      /picture\.png: it is no WFDB record: there is no \S*\/picture\.hea; name a record's header/,
      /nowhere: there is no \S*\/nowhere\.hea; name a WFDB record/,
      /x\.hea: there is no \S*\/nowhere\/x\.hea; name a WFDB record/,
      /set: no record there, only folders; name one of them: x$/,
      /x: no record there; put a \.hea beside each signal/,
      /^5 records of 6 not analyzed$/,
    ];
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, hints.length, stderr);
    for (const [index, hint] of hints.entries()) assert.match(lines[index]!, hint);
  });

  it("refuses options that it does not know", () => {
    assert.equal(avnode(dir, "--classes", "other").status, 2);
    assert.equal(avnode(dir, "--lead", "x").status, 2);
    assert.equal(avnode(dir, "--json", "--classes", "cinc2017").status, 2);
  });
});
