import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { writeAnnotations } from "../../../gateway/wfdb/annotations";
import { codeOf } from "../../../gateway/wfdb/codes";
import { writeRecord } from "../../../gateway/wfdb/write";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";

const RATE = 250;
const SECONDS = 400;

describe("avnode score", function () {
  this.timeout(60_000);
  let dir: string;
  let beats: number;
  let late: number;

  async function avnode(...words: string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const terminal = new Terminal(stdout as never, stderr as never, process.env);
    const status = await run(words, "0", {}, terminal);
    return { status, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
  }

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "av-"));
    const ecg = new EcgGenerator({ rate: RATE, bits: 16, gainCountsPerMillivolt: 1000, seed: "score" });
    const signal = ecg.read(SECONDS * RATE)[0]!;
    const lead = { name: "I", unit: "mV", gain: 1000, baseline: 0, adcZero: 0, bits: 16 };
    writeRecord(dir, {
      name: "one",
      rateNum: RATE,
      rateDen: 1,
      leads: [lead],
      signals: [signal],
      start: undefined,
    });
    const note = (sample: number) => ({
      sample,
      code: codeOf("N")!,
      symbol: "N",
      subtype: 0,
      channel: 0,
      num: 0,
    });
    const truth = ecg.takeBeats().map(({ sample }) => sample);
    // A beat that is none, and a beat that is not noted: one miss and one extra, both behind five minutes.
    const told = truth.filter((_, index) => index !== truth.length - 20);
    const invented = Math.round((truth[truth.length - 10]! + truth[truth.length - 9]!) / 2);
    told.push(invented);
    told.sort((a, b) => a - b);
    writeAnnotations(join(dir, "one.atr"), told.map(note));
    beats = told.length;
    late = told.filter((sample) => sample >= 300 * RATE).length;
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("counts found, missed and extra beats, with the first five minutes and without", async () => {
    const { status, stdout } = await avnode("score", dir, "--json");
    assert.equal(status, 0);
    const { records, gross } = JSON.parse(stdout);
    assert.equal(records.length, 1);
    const { whole, learned } = records[0];
    assert.deepEqual([whole.found, whole.missed, whole.extra], [beats - 1, 1, 1]);
    assert.deepEqual([learned.found, learned.missed, learned.extra], [late - 1, 1, 1]);
    assert.equal(learned.sensitivity, (late - 1) / late);
    assert.deepEqual(gross.learned, learned);
  });

  it("prints a table with a line for each record, gross and average", async () => {
    const { status, stdout, stderr } = await avnode("score", dir);
    assert.equal(status, 0);
    const rows = stdout.trimEnd().split("\n");
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/)[0]),
      ["RECORD", ...["beats", "VEB", "SVEB"].flatMap(() => ["one", "gross", "average", "gross", "average"])],
    );
    assert.match(stderr, /^1 record;/);
  });

  it("says what is wrong with a folder without records, a lead that is not there, and a lead that is no number", async () => {
    const empty = join(dir, "empty.hea");
    assert.equal((await avnode("score", join(dir, "nowhere"))).status, 3);
    assert.equal((await avnode("score", dir, "--lead", "x")).status, 2);
    const { status, stderr } = await avnode("score", dir, "--lead", "1");
    assert.equal(status, 3);
    assert.match(stderr, /^avnode: cannot score one: it has no lead 1;/);
    writeFileSync(empty, "");
    assert.equal(
      (await avnode("score", dir, "--json")).status,
      0,
      "a header without annotations is passed over",
    );
  });
});
