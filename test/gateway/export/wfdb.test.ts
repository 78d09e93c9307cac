import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { wfdbFiles } from "../../../gateway/export/wfdb";
import type { Finding } from "../../../gateway/rhythm/findings";
import type { Beat, Rhythm } from "../../../gateway/rhythm/types";
import type { Gap } from "../../../gateway/store/infos";
import { DropReason, MarkKind } from "../../../protocol/bodies";
import { scratch } from "../../e2e/rig";
import { skipUnlessPython } from "../../machine";
import { exported, readBack } from "./read";
import { bytesOf, type Made, noise, sourceOf } from "./source";

const lead = (name: string, gain: number) => ({ name, unit: "mV", gain, baseline: 12, adcZero: -3 });
const RATE = { rateNum: 1000, rateDen: 3 };

/** Two leads of 30 samples in blocks of ten. */
function recording(values: (i: number) => number = (i) => i * 37 - 500, rest: Partial<Made> = {}) {
  const signals = [0, 1].map((which) => Int32Array.from({ length: 30 }, (_, i) => values(i) + which));
  const made: Made = {
    ...{ signals, block: 10, leads: [lead("lead  I", 200), lead("V 1", 0)] },
    ...rest,
    open: { ...RATE, ...rest.open },
  };
  return { made, expected: signals.map((signal) => [...signal]) };
}
const lost: Pick<Made, "lost" | "gaps"> = {
  lost: [[10, 20]],
  gaps: [{ firstSample: 10, samples: 10, reason: DropReason.ringFull }],
};

describe("WFDB", () => {
  const dir = scratch(true);
  before(function () {
    skipUnlessPython(this, "numpy");
  });

  const read = async (made: Made, name: string) => {
    await exported("wfdb", sourceOf({ ...made, name }), dir);
    const [found] = readBack([{ reader: "wfdb", file: join(dir, name), whole: true }]);
    return { ...found!, text: found!.header!.join("\n") };
  };
  const blank = (signals: number[][], marker: number, from: number, to: number) =>
    signals.map((signal) => signal.map((value, i) => (i >= from && i < to ? marker : value)));

  it("is equal to the samples, as numpy reads it", async () => {
    const { made, expected } = recording();
    const { format, signals, header, text } = await read(made, "plain");
    assert.equal(format, "16");
    assert.deepEqual(signals, expected);
    assert.equal(header![0], `plain 2 ${1000 / 3} 30 13:05:01.007 23/11/2026`);
    assert.match(header![1]!, /^plain\.dat 16 200\(12\)\/mV 18 -3 -500 -?\d+ 0 lead I$/);
    assert.match(header![2]!, /^plain\.dat 16 0\(12\)\/mV 18 -3 -499 -?\d+ 0 V 1$/);
    assert.match(
      text,
      /^# avnode recording 00112233445566aa, number 3 of handheld aabbccddeeff0011, ownership 1$/m,
    );
    assert.match(text, /clock set by the hub$/m);
    assert.doesNotMatch(text, /SIMULATED|gap/);
    assert.ok(!existsSync(join(dir, "plain.atr")));
  });

  it("says that no sample is there for exactly a gap's length, and why", async () => {
    const { made, expected } = recording(undefined, lost);
    const { signals, text } = await read(made, "gap");
    assert.deepEqual(signals, blank(expected, -32768, 10, 20));
    assert.match(text, /^# gap of 10 samples at 10: the handheld's memory was full$/m);
  });

  it("tells what was lost from what has not arrived", async () => {
    const gaps: Gap[] = [{ firstSample: 10, samples: 4, reason: DropReason.frontEnd }];
    const { made, expected } = recording(undefined, { lost: [[10, 30]], gaps });
    const { signals, text } = await read(made, "both");
    assert.deepEqual(signals, blank(expected, -32768, 10, 30));
    assert.match(text, /^# gap of 4 samples at 10: the front end lost them$/m);
    assert.match(text, /^# gap of 16 samples at 14: not received$/m);
  });

  it("takes 24 bits when a sample has the value that would mark a gap", async () => {
    const values = (i: number) => (i === 5 ? -32768 : i);
    assert.equal((await read(recording(values).made, "whole")).format, "16");
    const { made, expected } = recording(values, lost);
    const { format, signals } = await read(made, "wide");
    assert.equal(format, "24");
    assert.deepEqual(signals, blank(expected, -8388608, 10, 20));
  });

  it("takes 24 bits when a sample needs them, and refuses what no format can say", async () => {
    const { made, expected } = recording((i) => (i === 3 ? 32768 : -8388607));
    assert.deepEqual((await read(made, "large")).signals, expected);
    const lowest = recording((i) => (i === 3 ? -8388608 : 0), lost);
    assert.throws(() => wfdbFiles(sourceOf(lowest.made)), { code: "EXPORT_MARKER" });
  });

  it("of a stretch holds that stretch, its start, and gaps where they are in it", async () => {
    const { made, expected } = recording(undefined, { ...lost, from: 7, to: 25 });
    const { signals, text, header } = await read(made, "part");
    assert.deepEqual(
      signals,
      blank(expected, -32768, 10, 20).map((signal) => signal.slice(7, 25)),
    );
    assert.match(text, /^# samples 7 to 24 of its 30$/m);
    assert.match(text, /^# gap of 10 samples at 3: /m);
    assert.match(header![0]!, / 18 13:05:01.028 23\/11\/2026$/);
  });

  it("labels beats, changes of rhythm and marks, as annot(5) has them", async () => {
    const classes = ["N", "S", "V", "F", "Q"] as const;
    const beats: Beat[] = classes.map((beat, i) => ({ sample: 5000 * i + 20, class: beat, confidence: 1 }));
    const episode = (rhythm: Rhythm, from: number, to: number): Finding => ({
      ...{ rhythm, from, to, confidence: 0.9, rate: 80, evidence: { from, to } },
    });
    const made: Made = {
      ...{ signals: [noise(25_000, 100), noise(25_000, 100, 2)], beats },
      episodes: [episode("sinus", 0, 4000), episode("af", 4000, 20_000), episode("vrun", 9000, 9500)],
      marks: [{ kind: MarkKind.symptom, sample: 321, uptimeMs: 0 }],
    };
    const { annotations, text } = await read(made, "labels");
    assert.deepEqual(annotations, [
      [0, 28, 0, "(N"],
      [20, 1, 0, null],
      [321, 22, 0, "marked by the wearer"],
      [4000, 28, 0, "(AFIB"],
      [5020, 9, 0, null],
      [9000, 28, 0, "(VT"],
      [9500, 28, 0, "(AFIB"],
      [10_020, 5, 0, null],
      [15_020, 6, 0, null],
      [20_000, 28, 0, "(unknown"],
      [20_020, 13, 0, null],
    ]);
    assert.match(text, /^# beats and rhythm by analysis .*no diagnosis; rhythm \(AFIB is possible AF: show/m);
    const part = await read({ ...made, from: 9200, to: 16_000 }, "labelled");
    assert.deepEqual(part.annotations!.slice(0, 2), [
      [0, 28, 0, "(VT"],
      [300, 28, 0, "(AFIB"],
    ]);
  });

  it("says SIMULATED where a handheld was", () => {
    const { made } = recording(undefined, { info: { simulated: true } });
    const files = wfdbFiles(sourceOf(made));
    assert.deepEqual(
      files.map(({ name }) => name),
      ["x.dat", "x.hea"],
    );
    assert.match(files.map((file) => bytesOf(file).toString("latin1")).at(-1)!, /^# SIMULATED/m);
  });
});
