import assert from "node:assert/strict";
import { ANALYSIS_DELAY_SECONDS, Analysis, type Results } from "../../../gateway/rhythm/analysis";
import type { Saved } from "../../../gateway/rhythm/state";
import { Random } from "../../../tools/sim/random";
import { type InventedBeat, invented } from "./episodes/invented";

const RATE = 250;
const GAIN = 1000;
const SEED = 20261129;

const NOTHING: Results = {
  version: "",
  inputs: { rate: 0, gain: 0 },
  beats: [],
  intervals: [],
  episodes: [],
  quality: [],
  measurements: [],
};

function add(all: Results, more: Results): Results {
  return {
    version: more.version,
    inputs: more.inputs,
    beats: [...all.beats, ...more.beats],
    intervals: [...all.intervals, ...more.intervals],
    episodes: [...all.episodes, ...more.episodes],
    quality: [...all.quality, ...more.quality],
    measurements: [...all.measurements, ...more.measurements],
  };
}

/** Samples, or how many are missing. */
type Piece = Int32Array | number;

function analyse(pieces: Piece[], random?: Random) {
  const settings = { rate: RATE, gain: GAIN };
  let analysis = new Analysis(settings);
  let all = NOTHING;
  for (const piece of pieces) {
    if (typeof piece === "number") {
      all = add(all, analysis.gap(piece));
      continue;
    }
    for (let at = 0; at < piece.length; ) {
      const to = random ? Math.min(piece.length, at + 1 + random.int(20 * RATE)) : piece.length;
      all = add(all, analysis.push(piece.subarray(at, to)));
      at = to;
      if (random?.chance(0.3))
        analysis = new Analysis(settings, JSON.parse(JSON.stringify(analysis.save())) as Saved);
    }
  }
  all = add(all, analysis.end());
  return { ...all, summary: analysis.summary() };
}

function beatsOf(count: number, interval: (i: number) => number, ventricular: (i: number) => boolean) {
  let at = 0.4;
  return Array.from({ length: count }, (_, i): InventedBeat => {
    const beat: InventedBeat = { at, class: ventricular(i) ? "V" : "N", atrial: true };
    at += interval(i);
    return beat;
  });
}

describe("a lead analysed as it arrives", function () {
  it(`answers the same however it is cut, and after it was saved and resumed anywhere (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const beats = beatsOf(
      400,
      (i) => (i % 80 < 40 ? 0.8 : 0.5 + 0.3 * random.next()) + (i === 90 ? 1.9 : 0),
      (i) => i % 40 > 35,
    );
    const signal = invented(beats, 150, RATE, GAIN);
    signal.fill(0, 20 * RATE, 24 * RATE);
    for (let i = 100 * RATE; i < 107 * RATE; i++) signal[i]! += Math.round(GAIN * random.gaussian());
    const pieces: Piece[] = [signal.subarray(0, 40_000 - 12_345), 5000, signal.subarray(40_000 - 12_345)];
    const expected = analyse(pieces);
    assert.ok(expected.beats.length > 100 && expected.episodes.length > 3);
    assert.ok(expected.measurements.some(({ qrs }) => "ms" in qrs));
    for (let round = 0; round < 4; round++) assert.deepEqual(analyse(pieces, random), expected);
  });

  it("sums up rate and variability of what was made up", () => {
    // Intervals of 780 and 820 ms by turns: mean 800 ms, SDNN 20 ms, RMSSD 40 ms.
    const beats = beatsOf(
      200,
      (i) => (i % 2 === 0 ? 0.78 : 0.82),
      () => false,
    );
    const { summary, intervals } = analyse([invented(beats, 120, RATE, GAIN)]);
    assert.ok(Math.abs(summary.meanRate! - 75) < 0.1, `${summary.meanRate}`);
    assert.ok(Math.abs(summary.variability.sdnn! - 20) < 2, `SDNN ${summary.variability.sdnn}`);
    assert.ok(Math.abs(summary.variability.rmssd! - 40) < 3, `RMSSD ${summary.variability.rmssd}`);
    assert.ok(
      summary.variability.share > 0.97 && summary.variability.share <= 1,
      `${summary.variability.share}`,
    );
    assert.equal(summary.analysable, 1);
    assert.equal(summary.seconds, 120);
    assert.equal(intervals.length, summary.beats.N - 1);
  });

  it("makes no finding, class or interval of what cannot be read", () => {
    const random = new Random(SEED);
    const signal = invented(
      beatsOf(
        400,
        () => 0.8,
        () => false,
      ),
      180,
      RATE,
      GAIN,
    );
    const [from, to] = [60 * RATE, 120 * RATE];
    for (let i = from; i < to; i++) signal[i]! += Math.round(1.5 * GAIN * random.gaussian());
    const { beats, episodes, intervals } = analyse([signal]);
    const within = beats.filter(({ sample }) => sample >= from && sample < to);
    assert.ok(within.length > 10);
    assert.deepEqual([...new Set(within.map((beat) => beat.class))], ["Q"]);
    assert.ok(!intervals.some((interval) => interval.to > from && interval.from < to));
    assert.deepEqual(
      episodes.map(({ rhythm, from, to }) => [rhythm, from / RATE, to / RATE]),
      [
        ["sinus", 0, 60],
        ["unreadable", 60, 120],
        ["sinus", 120, 180],
      ],
    );
  });

  it("makes no pause of a signal that stood still, wherever in its seconds", () => {
    for (const [from, seconds] of [
      [42.6, 1.35],
      [42.05, 1.9],
      [42, 1],
    ] as const) {
      const beats = beatsOf(
        400,
        () => 0.8,
        () => false,
      );
      const signal = invented(beats, 90, RATE, GAIN);
      const first = Math.round(from * RATE);
      signal.fill(signal[first]!, first, first + Math.round(seconds * RATE));
      const { episodes, summary } = analyse([signal]);
      assert.ok(!episodes.some(({ rhythm }) => rhythm === "pause"), `${seconds} s from ${from} s`);
      assert.ok(summary.variability.sdnn! < 30, `SDNN ${summary.variability.sdnn}`);
    }
  });

  it("names no rhythm of pieces too short to tell", () => {
    const random = new Random(SEED);
    const noise = Int32Array.from({ length: 60 * RATE }, () => Math.round(0.4 * GAIN * random.gaussian()));
    const pieces: Piece[] = [];
    const length = Math.round(0.9 * RATE);
    for (let at = 0; at < noise.length; at += length) pieces.push(noise.subarray(at, at + length), 1);
    const { episodes, summary } = analyse(pieces);
    assert.deepEqual([...new Set(episodes.map(({ rhythm }) => rhythm))], ["unreadable"]);
    assert.equal(summary.meanRate, undefined);
  });

  it("counts no fibrillation, ectopy nor gap as variability", () => {
    const regular = (count: number) =>
      invented(
        beatsOf(
          count,
          () => 0.8,
          () => false,
        ),
        count * 0.8,
        RATE,
        GAIN,
      );
    const random = new Random(SEED);
    const fibrillating = invented(
      beatsOf(
        400,
        () => Math.max(0.33, 0.65 + 0.16 * random.gaussian()),
        () => false,
      ).map((beat) => ({ ...beat, atrial: false })),
      240,
      RATE,
      GAIN,
    );
    const calm = analyse([regular(150)]).summary.variability;
    const mixed = analyse([regular(150), 3 * RATE, fibrillating, 3 * RATE, regular(150)]);
    assert.ok(mixed.episodes.some(({ rhythm }) => rhythm === "af"));
    const { sdnn, rmssd, share } = mixed.summary.variability;
    assert.ok(sdnn! < calm.sdnn! + 3, `SDNN ${sdnn}, of the calm alone ${calm.sdnn}`);
    assert.ok(rmssd! < calm.rmssd! + 3, `RMSSD ${rmssd}, of the calm alone ${calm.rmssd}`);
    assert.ok(share < 0.6, `${share}`);
  });

  it("refuses gains and gaps that are none", () => {
    for (const gain of [Number.NaN, 5e-324, 1e-300, 1e300, Number.POSITIVE_INFINITY])
      assert.throws(() => new Analysis({ rate: RATE, gain }), RangeError, `${gain}`);
    const analysis = new Analysis({ rate: RATE, gain: 0 });
    for (const samples of [Number.NaN, -1000, 0.5, 0, Number.POSITIVE_INFINITY])
      assert.throws(() => analysis.gap(samples), RangeError, `${samples}`);
  });

  it("grows an episode while it lasts, with the window that shows it best", () => {
    const signal = invented(
      beatsOf(
        400,
        () => 0.8,
        () => false,
      ),
      240,
      RATE,
      GAIN,
    );
    const analysis = new Analysis({ rate: RATE, gain: GAIN });
    assert.deepEqual(analysis.push(signal.subarray(0, 150 * RATE)).episodes, []);
    const open = analysis.open()!;
    assert.equal(open.rhythm, "sinus");
    assert.equal(open.from, 0);
    assert.ok(open.to >= (150 - ANALYSIS_DELAY_SECONDS) * RATE && open.to <= 150 * RATE);
    assert.equal(open.evidence.to - open.evidence.from, 30 * RATE);
    analysis.push(signal.subarray(150 * RATE));
    const [whole, ...rest] = analysis.end().episodes;
    assert.deepEqual(rest, []);
    assert.deepEqual([whole!.from, whole!.to], [0, 240 * RATE]);
  });

  it("never spans a gap", () => {
    const signal = invented(
      beatsOf(
        100,
        () => 0.8,
        () => false,
      ),
      60,
      RATE,
      GAIN,
    );
    const { episodes, intervals, quality } = analyse([signal, 30 * RATE, signal]);
    const [before, behind] = [60 * RATE, 90 * RATE];
    for (const { from, to } of [...episodes, ...intervals, ...quality])
      assert.ok(to <= before || from >= behind, `${from} to ${to}`);
    assert.deepEqual(
      episodes.map(({ rhythm }) => rhythm),
      ["sinus", "sinus"],
    );
  });
});
