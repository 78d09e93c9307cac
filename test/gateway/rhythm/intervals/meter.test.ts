import assert from "node:assert/strict";
import { Analysis, type Results } from "../../../../gateway/rhythm/analysis";
import { AVERAGED_MS, INTERVALS_VERSION, LEAST_BEATS } from "../../../../gateway/rhythm/intervals/measure";
import type { Measurement } from "../../../../gateway/rhythm/intervals/meter";
import { isMeasured } from "../../../../gateway/rhythm/intervals/summary";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import type { EcgSettings } from "../../../../tools/sim/ecg/settings";
import { invented } from "../episodes/invented";
import { knownIntervals } from "./known";

const RATE = 250;
const GAIN = 1000;

function analysed(rate: number, gain: number, pieces: (Int32Array | number)[]) {
  const analysis = new Analysis({ rate, gain });
  const results: Results[] = pieces.map((piece) =>
    typeof piece === "number" ? analysis.gap(piece) : analysis.push(piece),
  );
  results.push(analysis.end());
  return {
    measurements: results.flatMap((each) => each.measurements),
    beats: results.flatMap((each) => each.beats),
    summary: analysis.summary().measurements,
  };
}

function generated(settings: Partial<EcgSettings>, seconds: number) {
  const ecg = new EcgGenerator({ gainCountsPerMillivolt: GAIN, ...settings });
  return analysed(ecg.settings.rate, GAIN, [ecg.read(seconds * ecg.settings.rate)[0]!]);
}

const regular = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ at: 0.4 + 0.8 * i, class: "N" as const, atrial: true }));

const reasonOf = (of: Measurement, name: "pr" | "qt") => {
  const interval = of[name];
  return isMeasured(interval) ? interval.ms : interval.notMeasurable;
};

/**
 * Means and standard deviations of errors that IEC 60601-2-51 allows on the CSE's records. Ours are on made-up hearts:
 * no claim of conformity.
 */
const ALLOWED = { pr: { mean: 10, sd: 10 }, qrs: { mean: 10, sd: 10 }, qt: { mean: 25, sd: 30 } };

describe("intervals as the signal arrives", function () {
  for (const muscle of [0, 0.02])
    it(`err less than a standard allows, at 100 to 1,000 Hz, ${1000 * muscle} µV of muscle noise`, () => {
      for (const rate of [100, 250, 500, 1000]) {
        const errors = { pr: [] as number[], qrs: [] as number[], qt: [] as number[] };
        let all = 0;
        for (const heartRateBpm of [50, 65, 80, 95]) {
          const noiseMillivolts = { baseline: 0.1, mains: 0, muscle };
          const { measurements } = generated({ rate, heartRateBpm, seed: 3, noiseMillivolts }, 120);
          assert.equal(measurements.length, 2);
          const known = knownIntervals(heartRateBpm);
          for (const measurement of measurements) {
            all++;
            for (const name of ["pr", "qrs", "qt"] as const) {
              const interval = measurement[name];
              if (isMeasured(interval)) errors[name].push(interval.ms - known[name]);
            }
          }
        }
        for (const name of ["pr", "qrs", "qt"] as const) {
          const { length } = errors[name];
          const mean = errors[name].reduce((sum, error) => sum + error, 0) / length;
          const sd = Math.sqrt(errors[name].reduce((sum, error) => sum + (error - mean) ** 2, 0) / length);
          const line = `${name.toUpperCase()} at ${rate} Hz: mean ${mean.toFixed(1)} ms, SD ${sd.toFixed(1)} ms, measured ${length} of ${all}`;
          console.log(`      ${line}`);
          assert.ok(length >= 0.75 * all, line);
          assert.ok(Math.abs(mean) <= ALLOWED[name].mean && sd <= ALLOWED[name].sd, line);
        }
      }
    });

  it("are told minute by minute with the beats that were averaged", () => {
    const { measurements, beats } = analysed(RATE, GAIN, [invented(regular(400), 210, RATE, GAIN)]);
    assert.deepEqual(
      measurements.map(({ from, to }) => [from / RATE, to / RATE]),
      [
        [0, 60],
        [60, 120],
        [120, 180],
        [180, 210],
      ],
    );
    const normal = new Set(beats.filter((beat) => beat.class === "N").map((beat) => beat.sample));
    for (const { from, to, version, evidence, edges, qt, pr } of measurements) {
      assert.equal(version, INTERVALS_VERSION);
      assert.ok(evidence.length >= LEAST_BEATS);
      for (const sample of evidence) assert.ok(normal.has(sample) && sample >= from && sample < to);
      assert.ok(isMeasured(qt) && isMeasured(pr));
      assert.ok(Math.abs(edges.tTo! - edges.qrsFrom! - qt.ms) < 1e-6);
      assert.ok(Math.abs(edges.qrsFrom! - edges.pFrom! - pr.ms) < 1e-6);
      assert.ok(edges.pFrom! > -AVERAGED_MS.before && edges.qrsFrom! < 0 && edges.qrsTo! > 0);
      assert.ok(edges.tTo! < AVERAGED_MS.behind);
    }
  });

  it("have no PR while fibrillation is possible, and QT nevertheless", () => {
    const { measurements, summary } = generated({ rate: 250, heartRateBpm: 80, af: true, seed: 5 }, 180);
    assert.equal(measurements.length, 3);
    for (const measurement of measurements) {
      assert.ok(measurement.fibrillation);
      assert.equal(reasonOf(measurement, "pr"), "fibrillation");
    }
    assert.deepEqual(summary!.pr, { notMeasurable: "fibrillation" });
  });

  it("are not measured where a pacemaker drives the heart", () => {
    const signal = invented(regular(200), 90, RATE, GAIN);
    for (const { at } of regular(200)) {
      const spike = Math.round((at - 0.24) * RATE);
      if (spike > 0 && spike < signal.length) signal[spike]! += 3 * GAIN;
    }
    const { measurements, summary } = analysed(RATE, GAIN, [signal]);
    assert.ok(measurements.length > 0);
    for (const measurement of measurements) assert.equal(reasonOf(measurement, "qt"), "paced");
    assert.deepEqual(summary!.qtcBazett, { notMeasurable: "paced" });
  });

  it("never reach across a gap or into what cannot be read", () => {
    const piece = invented(regular(100), 45, RATE, GAIN);
    const flat = new Int32Array(60 * RATE);
    const { measurements } = analysed(RATE, GAIN, [
      piece,
      3 * RATE,
      piece.subarray(0, 30 * RATE),
      flat,
      piece,
    ]);
    const spans = measurements.map(({ from, to }) => [from / RATE, to / RATE]);
    assert.deepEqual(spans, [
      [0, 45],
      [48, 78],
      [138, 183],
    ]);
    const lone = analysed(RATE, GAIN, [piece.subarray(0, 5 * RATE)]);
    for (const measurement of lone.measurements) assert.equal(reasonOf(measurement, "qt"), "tooFewBeats");
  });

  it("are measured on no beat whose waves reach into a second that could not be read", () => {
    const slow = Array.from({ length: 60 }, (_, i) => ({
      at: 0.85 + 1.5 * i,
      class: "N" as const,
      atrial: true,
    }));
    const signal = invented(slow, 90, RATE, GAIN);
    // It stands still right behind some complexes, and no beat is in that second: only a T wave is lost.
    for (let second = 1; second < 90; second += 9)
      signal.fill(signal[second * RATE]!, second * RATE, (second + 1) * RATE);
    const analysis = new Analysis({ rate: RATE, gain: GAIN });
    const results = [analysis.push(signal), analysis.end()];
    const bad = results.flatMap(({ quality }) => quality).filter(({ analysable }) => !analysable);
    const normal = results.flatMap(({ beats }) => beats).filter(({ class: kind }) => kind === "N");
    const evidence = results.flatMap(({ measurements }) => measurements.flatMap((one) => one.evidence));
    const isCut = (sample: number) => bad.some(({ from }) => sample < from && from < sample + 0.3 * RATE);
    assert.equal(bad.length, 10);
    assert.equal(normal.length, 60, "each beat is found, and by itself normal");
    assert.equal(normal.filter(({ sample }) => isCut(sample)).length, 10);
    assert.ok(evidence.length >= 2 * LEAST_BEATS);
    assert.deepEqual(evidence.filter(isCut), []);
  });

  it("are summed up by median, least and most, of the minutes measured", () => {
    const slower = (i: number) => 0.4 + 0.8 * Math.min(i, 76) + 0.95 * Math.max(0, i - 76);
    const beats = Array.from({ length: 190 }, (_, i) => ({
      at: slower(i),
      class: "N" as const,
      atrial: true,
    }));
    const { measurements, summary } = analysed(RATE, GAIN, [invented(beats, 165, RATE, GAIN)]);
    for (const name of ["pr", "qrs", "qt", "qtcBazett", "qtcFridericia"] as const) {
      const told = measurements.map((measurement) => measurement[name]).filter(isMeasured);
      const sorted = told.map(({ ms }) => ms).sort((a, b) => a - b);
      const range = summary![name];
      assert.ok("median" in range, name);
      assert.equal(range.measured, told.length);
      assert.ok(Math.abs(range.least - sorted[0]!) <= 0.5 && Math.abs(range.most - sorted.at(-1)!) <= 0.5);
      assert.ok(
        Math.abs(range.median - sorted[(sorted.length - 1) >> 1]!) <= 0.5,
        `${name}: ${range.median}`,
      );
    }
    assert.equal(summary!.stretches, measurements.length);
    assert.equal(
      summary!.beats,
      measurements.reduce((sum, { evidence }) => sum + evidence.length, 0),
    );
    assert.equal(analysed(RATE, GAIN, [new Int32Array(70 * RATE)]).summary, undefined);
  });
});
