import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Annotation, writeAnnotations } from "../../../gateway/wfdb/annotations";
import { codeOf } from "../../../gateway/wfdb/codes";
import { writeRecord } from "../../../gateway/wfdb/write";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import { type Built, built } from "./built";

const RATE = 250;
const DOCUMENT = readFileSync(join(__dirname, "../../../gateway/cli/README.md"), "utf8");

describe("avnode score", function () {
  let scratch: string;
  let dir: string;
  let program: Built;
  const avnode = (...words: string[]) => program.run("score", ...words);

  const note = (sample: number, symbol: string, aux?: string): Annotation => ({
    sample,
    code: codeOf(symbol)!,
    symbol,
    subtype: 0,
    channel: 0,
    num: 0,
    ...(aux === undefined ? {} : { aux }),
  });
  const annotate = (name: string, notes: Annotation[]) =>
    writeAnnotations(
      join(dir, `${name}.atr`),
      notes.sort((a, b) => a.sample - b.sample),
    );

  /** A calm heart. @returns where its beats are */
  function draw(name: string, seconds: number): number[] {
    const ecg = new EcgGenerator({ rate: RATE, bits: 16, gainCountsPerMillivolt: 1000, seed: "score" });
    const signals = [ecg.read(seconds * RATE)[0]!];
    const leads = [{ name: "I", unit: "mV", gain: 1000, baseline: 0, adcZero: 0, bits: 16 }];
    writeRecord(dir, { name, rateNum: RATE, rateDen: 1, leads, signals, start: undefined });
    return ecg.takeBeats().map(({ sample }) => sample);
  }

  before(() => {
    program = built();
    scratch = mkdtempSync(join(tmpdir(), "av-"));
  });
  after(() => {
    program.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  describe("on records annotated by hand", () => {
    /** Of the long record: all of its beats, those of its fibrillating ventricles, those behind five minutes. */
    let all: number[];
    let vf: number[];
    let late: number[];
    let paced: number[];
    let brief: number[];

    before(() => {
      dir = mkdtempSync(join(scratch, "hand-"));
      all = draw("long", 480);
      late = all.filter((sample) => sample >= 300 * RATE);
      vf = late.filter((sample) => sample >= 400 * RATE && sample <= 410 * RATE);
      const [unnoted, near, far, V, A, F, Q] = [40, 60, 80, 100, 110, 120, 130].map((behind, index) =>
        index === 0 ? all[behind]! : all[all.indexOf(late[0]!) + behind - 55]!,
      ) as [number, number, number, number, number, number, number];
      const told = new Map([
        [V, "V"],
        [A, "A"],
        [F, "F"],
        [Q, "Q"],
      ]);
      const placed = new Map([
        [near, near + 0.12 * RATE],
        [far, far + 0.18 * RATE],
      ]);
      annotate("long", [
        note(0, "+", "(N"),
        ...all
          .filter((sample) => sample !== unnoted && !vf.includes(sample))
          .map((sample) => note(placed.get(sample) ?? sample, told.get(sample) ?? "N")),
        note(330 * RATE, "+", "(AFIB"),
        note(390 * RATE, "+", "(AFL"),
        note(400 * RATE - 1, "["),
        note(410 * RATE + 1, "]"),
        note(415 * RATE, "+", "(N"),
        note(420 * RATE, "~"),
      ]);
      paced = draw("paced", 30);
      annotate(
        "paced",
        paced.map((sample, index) => note(sample, index === 5 ? "/" : index === 9 ? "V" : "N")),
      );
      brief = draw("brief", 30);
      annotate(
        "brief",
        brief.filter((_, index) => index !== 7).map((sample) => note(sample, "N")),
      );
    });

    it("counts as EC57 does: 150 ms, no ventricular fibrillation, with the first five minutes and without", () => {
      const { status, stdout } = avnode(join(dir, "long"), "--json");
      assert.equal(status, 0);
      for (const [, key] of stdout.matchAll(/"(\w+)":/g))
        assert.ok(DOCUMENT.includes(`\`${key}\``), `${key} is not documented`);
      const { records, gross } = JSON.parse(stdout);
      const [{ whole, learned, veb, sveb }] = records;
      // The beat that lies 0.18 s beside its note is a miss and an extra; the one that is not noted is an extra, early on.
      const counts = ({ found, missed, extra }: Record<string, number>) => [found, missed, extra];
      assert.deepEqual(counts(learned), [late.length - vf.length - 1, 1, 1]);
      assert.deepEqual(counts(whole), [all.length - vf.length - 2, 1, 2]);
      assert.equal(learned.sensitivity, (late.length - vf.length - 1) / (late.length - vf.length));
      assert.deepEqual(gross, { whole, learned });
      // Normal to the program: ectopic beats are missed. Fusion and unclassifiable ones count nowhere.
      assert.deepEqual(
        [counts(veb.learned), counts(sveb.learned)],
        [
          [0, 1, 0],
          [0, 1, 0],
        ],
      );
      assert.deepEqual([veb.learned.sensitivity, veb.learned.positivePredictivity], [0, null]);
    });

    it("counts fibrillation of the atria by duration and by episode; flutter is none", () => {
      const { stdout } = avnode(join(dir, "long"), "--af", "--json");
      const { af, records } = JSON.parse(stdout);
      assert.equal(records, undefined);
      const [{ by, whole, learned }] = af.records;
      assert.equal(by, "signal");
      for (const [figures, seconds] of [
        [whole, 480],
        [learned, 180],
      ]) {
        assert.deepEqual(
          [figures.seconds, figures.reference, figures.test, figures.both, figures.episodes, figures.found],
          [seconds, 60, 0, 0, 1, 0],
        );
        assert.deepEqual(figures.windows, { tp: 0, fn: 2, fp: 0, tn: seconds / 30 - 2 });
        assert.deepEqual([figures.durationSensitivity, figures.durationPositivePredictivity], [0, null]);
      }
      assert.deepEqual(af.gross, { whole, learned });
      assert.equal(af.average.whole.episodeSensitivity, 0);
    });

    it("sums all beats, averages records, and leaves a paced one out of what it says of ectopic beats", () => {
      const { status, stdout, stderr } = avnode(dir, "--json");
      assert.equal(status, 0, stderr);
      const { records, gross, average, veb, lacks } = JSON.parse(stdout);
      assert.deepEqual(
        records.map(({ record, paced, learned }: never) => [record, paced, learned === null]),
        [
          ["brief", false, true],
          ["long", false, false],
          ["paced", true, true],
        ],
      );
      const found = [brief.length - 1, all.length - vf.length - 2, paced.length];
      assert.equal(gross.whole.found, found[0]! + found[1]! + found[2]!);
      assert.deepEqual([gross.whole.missed, gross.whole.extra], [1, 3]);
      assert.deepEqual(gross.learned, records[1].learned);
      const precision = (found[0]! / (found[0]! + 1) + found[1]! / (found[1]! + 2) + 1) / 3;
      assert.ok(Math.abs(average.whole.positivePredictivity - precision) < 1e-12);
      assert.equal(veb.gross.whole.missed, 1);
      assert.deepEqual(lacks, [
        { record: "brief", lacks: ["rhythms"] },
        { record: "paced", lacks: ["rhythms"] },
      ]);
    });

    it("prints tables with a line for each record, gross and average, and says what was left out", () => {
      const { status, stdout, stderr } = avnode(dir);
      assert.equal(status, 0);
      const [beats, af] = stdout.trimEnd().split("\n\n");
      const names = (text: string) => text.split("\n").map((row) => row.split(/\s+/)[0]);
      const totals = ["gross", "average", "gross", "average"];
      assert.deepEqual(names(beats!), [
        "RECORD",
        ...["brief", "long", "paced", ...totals],
        ...["brief", "long", ...totals, "brief", "long", ...totals],
      ]);
      assert.deepEqual(names(af!), ["RECORD", "long", ...totals]);
      assert.match(stderr, /^no rhythm annotated, fibrillation not compared: brief, paced$/m);
      assert.match(stderr, /^3 records by .*; VEB and SVEB without 1 paced record$/m);
    });
  });

  describe("on a folder of all sorts", () => {
    before(() => {
      dir = mkdtempSync(join(scratch, "sorts-"));
    });

    it("says what a record lacks, scores the rest, and fails only where something is wrong", () => {
      const beats = draw("good", 30);
      annotate("good", [note(0, "+", "(N"), ...beats.map((sample) => note(sample, "N"))]);
      draw("noise", 10);
      draw("rhythm", 10);
      annotate("rhythm", [note(0, "+", "(AFIB")]);
      writeFileSync(join(dir, "days.hea"), "days 1 128 12800\ndays.dat 16 200 12 0 0 0 0 ECG\n");
      annotate("days", [note(0, "+", "(N"), ...Array.from({ length: 90 }, (_, k) => note(100 * k + 9, "N"))]);
      const fine = avnode(dir, "--json");
      assert.equal(fine.status, 0, fine.stderr);
      const { records, af, lacks } = JSON.parse(fine.stdout);
      assert.deepEqual(
        records.map(({ record }: never) => record),
        ["good"],
      );
      assert.deepEqual(
        af.records.map(({ record, by }: never) => [record, by]),
        [
          ["days", "intervals"],
          ["good", "signal"],
          ["rhythm", "signal"],
        ],
      );
      assert.deepEqual(lacks, [
        { record: "days", lacks: ["signal"] },
        { record: "noise", lacks: ["annotations"] },
        { record: "rhythm", lacks: ["beats"] },
      ]);

      writeFileSync(join(dir, "torn.hea"), "torn 1 250 2500\ngood.dat 16 1000/mV 16 0 0 0 0 I\n");
      writeFileSync(join(dir, "torn.atr"), Buffer.from([1]));
      const torn = avnode(join(dir, "torn"), join(dir, "good.dat"), join(dir, "nowhere"), "--json");
      assert.equal(torn.status, 3);
      assert.equal(JSON.parse(torn.stdout).records[0].record, "good");
      assert.match(torn.stderr, /torn\.atr, byte 0: .*; fetch the file again$/m);
      assert.match(torn.stderr, /^avnode: cannot score \S*nowhere: there is no \S*nowhere\.hea; name a/m);
      assert.match(torn.stderr, /^2 records of 3 not scored$/m);
    });

    it("says what is wrong with a folder without records, a lead that is not there, and a lead that is no number", () => {
      assert.equal(avnode(join(dir, "nowhere")).status, 3);
      assert.equal(avnode(dir, "--lead", "x").status, 2);
      const { status, stdout, stderr } = avnode(join(dir, "good"), "--lead", "1");
      assert.deepEqual([status, stdout], [3, ""]);
      assert.equal(
        stderr,
        `avnode: cannot score ${dir}/good: it has no lead 1; it has 1 lead, counted from 0\n`,
      );
      const none = avnode(join(dir, "noise"));
      assert.equal(none.status, 3);
      assert.match(none.stderr, /^avnode: cannot score: no annotations, not compared: noise; put \.hea, its/);
    });
  });
});
