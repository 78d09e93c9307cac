import assert from "node:assert/strict";
import { BeatClassifier } from "../../../../gateway/rhythm/beats/classifier";
import {
  type Interval,
  type Intervals,
  measureIntervals,
} from "../../../../gateway/rhythm/intervals/measure";
import { cosineEdge, type Drawing, drawn, generated, knownIntervals, NORMAL_COMPLEX } from "./known";

const NAMES = ["pr", "qrs", "qt"] as const;
const noise = (muscle: number) => ({ baseline: muscle > 0 ? 0.2 : 0, mains: 0, muscle });

function ms(interval: Interval): number {
  assert.ok("ms" in interval, JSON.stringify(interval));
  return interval.ms;
}

interface Figures {
  errors: number[];
  refused: number;
}

/** Of 30 s of one lead each, over all heart rates and seeds. */
function figures(rate: number, muscle: number): Record<(typeof NAMES)[number], Figures> {
  const found = {
    pr: { errors: [], refused: 0 },
    qrs: { errors: [], refused: 0 },
    qt: { errors: [], refused: 0 },
  } as Record<(typeof NAMES)[number], Figures>;
  for (const heartRateBpm of [40, 60, 80, 100, 120])
    for (const seed of [1, 2, 3]) {
      const known = knownIntervals(heartRateBpm);
      const told = measureIntervals(
        generated({ rate, heartRateBpm, seed, noiseMillivolts: noise(muscle) }, 30),
      );
      for (const name of NAMES) {
        const interval = told[name];
        if ("ms" in interval) found[name].errors.push(interval.ms - known[name]);
        else found[name].refused++;
      }
    }
  return found;
}

function statistics({ errors, refused }: Figures) {
  const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const sd = Math.sqrt(errors.reduce((sum, error) => sum + (error - bias) ** 2, 0) / errors.length);
  return { bias, sd, worst: Math.max(...errors.map(Math.abs)), refused, of: refused + errors.length };
}

describe("intervals of generated hearts", function () {
  for (const muscle of [0, 0.02, 0.05, 0.1])
    it(`are right or refused at 40 to 120 beats/min, 100 to 1,000 Hz, ${1000 * muscle} µV of muscle noise`, () => {
      for (const rate of [100, 250, 500, 1000]) {
        const all = figures(rate, muscle);
        for (const name of NAMES) {
          const { bias, sd, worst, refused, of } = statistics(all[name]);
          const line =
            refused === of
              ? `${name.toUpperCase()} at ${rate} Hz: refused ${of} of ${of}`
              : `${name.toUpperCase()} at ${rate} Hz: bias ${bias.toFixed(1)} ms, SD ${sd.toFixed(1)} ms, ` +
                `worst ${worst.toFixed(1)} ms, refused ${refused} of ${of}`;
          console.log(`      ${line}`);
          // A mean of a few is no mean.
          if (of - refused >= 5) assert.ok(Math.abs(bias) <= 12 && sd <= 12, line);
          if (refused < of) assert.ok(worst <= 30, line);
          if (muscle === 0) assert.equal(refused, 0, line);
          if (muscle === 0.02) assert.ok(refused <= 0.4 * of, line);
        }
      }
    });

  it("are right or refused on 12 leads, some of which do not show how the complex begins", () => {
    const errors: Record<(typeof NAMES)[number], Figures> = {
      pr: { errors: [], refused: 0 },
      qrs: { errors: [], refused: 0 },
      qt: { errors: [], refused: 0 },
    };
    for (const heartRateBpm of [45, 72, 90, 115])
      for (const muscle of [0, 0.02, 0.05]) {
        const known = knownIntervals(heartRateBpm);
        const told = measureIntervals(
          generated({ rate: 500, leads: 12, heartRateBpm, seed: 7, noiseMillivolts: noise(muscle) }, 30),
        );
        for (const name of NAMES) {
          const interval = told[name];
          if ("ms" in interval) errors[name].errors.push(interval.ms - known[name]);
          else errors[name].refused++;
        }
      }
    for (const name of NAMES) {
      const { bias, sd, worst, refused, of } = statistics(errors[name]);
      const line =
        `${name.toUpperCase()} on 12 leads: bias ${bias.toFixed(1)} ms, SD ${sd.toFixed(1)} ms, ` +
        `worst ${worst.toFixed(1)} ms, refused ${refused} of ${of}`;
      console.log(`      ${line}`);
      // A complex that is five times as high in V2 is seen longer than in the lead whose waves are taken for the truth.
      assert.ok(Math.abs(bias) <= 15 && sd <= 15 && worst <= 40 && refused < of, line);
    }
  });

  it("corrects QT for the mean interval", () => {
    const told: Intervals = measureIntervals(generated({ rate: 500, heartRateBpm: 90, seed: 2 }, 60));
    const rr = told.rrMs / 1000;
    assert.ok(Math.abs(told.rrMs - 60_000 / 90) < 10);
    assert.ok(Math.abs(ms(told.qtcBazett) - ms(told.qt) / Math.sqrt(rr)) < 1e-6);
    assert.ok(Math.abs(ms(told.qtcFridericia) - ms(told.qt) / Math.cbrt(rr)) < 1e-6);
  });
});

const NORMAL: Drawing = {
  rate: 500,
  rr: 0.9,
  p: { from: -0.2, to: -0.1, height: 0.15 },
  t: { from: 0.16, to: 0.36, height: 0.35 },
  complex: NORMAL_COMPLEX,
};
const WIDE: [number, number][] = [
  [-0.07, 0],
  [-0.02, 0.7],
  [0.02, 0.6],
  [0.08, 0],
];

function knownOf({ p, t, complex }: Drawing) {
  const from = complex[0]![0];
  const to = complex[complex.length - 1]![0];
  return {
    pr: p ? 1000 * (from - cosineEdge(p, -1)) : undefined,
    qrs: 1000 * (to - from),
    qt: t ? 1000 * (cosineEdge(t, 1) - from) : undefined,
  };
}

const refusal = (interval: Interval) => ("notMeasurable" in interval ? interval.notMeasurable : interval.ms);

describe("intervals of drawn hearts", () => {
  const variants: [string, Partial<Drawing>][] = [
    ["a usual one", {}],
    ["a long PR", { p: { from: -0.34, to: -0.24, height: 0.15 } }],
    ["a short PR", { p: { from: -0.15, to: -0.06, height: 0.15 } }],
    ["a wide complex", { complex: WIDE }],
    ["a T wave below the line", { t: { from: 0.16, to: 0.36, height: -0.3 } }],
    ["a P wave below the line", { p: { from: -0.2, to: -0.1, height: -0.12 } }],
    ["a late T", { t: { from: 0.26, to: 0.5, height: 0.35 }, rr: 1.1 }],
    ["a tall T", { t: { from: 0.16, to: 0.36, height: 1.5 } }],
    ["a lead upside down", { complex: NORMAL_COMPLEX.map(([at, height]) => [at, -height]) }],
  ];
  for (const [what, change] of variants)
    it(`are right: ${what}`, () => {
      for (const rate of [125, 250, 500, 1000])
        for (const noise of [0, 0.01, 0.02]) {
          const drawing = { ...NORMAL, ...change, rate, noise };
          const known = knownOf(drawing);
          const told = measureIntervals(drawn([drawing], 40));
          for (const name of NAMES) {
            const line = `${name} at ${rate} Hz, ${noise} mV: ${refusal(told[name])} instead of ${known[name]}`;
            const interval = told[name];
            if (noise === 0) assert.ok("ms" in interval, line);
            if ("ms" in interval) assert.ok(Math.abs(interval.ms - known[name]!) <= 16, line);
          }
        }
    });

  it("have no PR without a P wave, in fibrillation, or where P lies in the T wave before it", () => {
    const { p, ...rest } = NORMAL;
    assert.equal(refusal(measureIntervals(drawn([rest], 40)).pr), "absent");
    const told = measureIntervals({ ...drawn([NORMAL], 40), fibrillation: true });
    assert.equal(refusal(told.pr), "fibrillation");
    ms(told.qt);
    const merged = { ...NORMAL, rr: 0.45, p: { ...p!, from: -0.22, to: -0.1 } };
    assert.ok(["merged", "absent"].includes(`${refusal(measureIntervals(drawn([merged], 40)).pr)}`));
  });

  it("have no QT where T is flat", () => {
    for (const noise of [0, 0.02]) {
      const told = measureIntervals(drawn([{ ...NORMAL, t: { ...NORMAL.t!, height: 0.02 }, noise }], 40));
      assert.ok(["flat", "noisy"].includes(`${refusal(told.qt)}`), `${refusal(told.qt)}`);
      assert.deepEqual(told.qtcBazett, told.qt);
    }
  });

  it("are not measured on a paced heart, on too few beats, on noise, or between ectopic beats", () => {
    const stretch = drawn([NORMAL], 40);
    const reasons = (of: Intervals) => [of.pr, of.qrs, of.qt, of.qtcFridericia].map(refusal);
    assert.deepEqual(reasons(measureIntervals({ ...stretch, paced: true })), Array(4).fill("paced"));
    assert.deepEqual(reasons(measureIntervals(drawn([NORMAL], 8))), Array(4).fill("tooFewBeats"));
    const bigeminy = stretch.beats.map((beat, k) => ({
      ...beat,
      class: k % 2 ? ("V" as const) : beat.class,
    }));
    assert.deepEqual(
      reasons(measureIntervals({ ...stretch, beats: bigeminy })),
      Array(4).fill("tooFewBeats"),
    );
    for (const noise of [0.05, 0.2, 1])
      for (let seed = 1; seed <= 5; seed++) {
        const told = measureIntervals(
          drawn([{ ...NORMAL, complex: [[0, 0]], p: undefined, t: undefined, noise, seed }], 40),
        );
        for (const reason of reasons(told))
          assert.equal(typeof reason, "string", `${noise} mV, seed ${seed}: ${reason}`);
      }
  });

  it("begin with the earliest lead and end with the latest, unless no other confirms it", () => {
    const later: Drawing = {
      ...NORMAL,
      complex: NORMAL_COMPLEX.slice(1).map(([at, height], k) => [at, k ? height : 0]),
    };
    const early: Drawing = { ...NORMAL, complex: [[-0.085, 0], [-0.03, -0.3], ...NORMAL_COMPLEX.slice(2)] };
    const told = measureIntervals(drawn([later, NORMAL, NORMAL, later], 40));
    assert.ok(Math.abs(ms(told.qrs) - 90) <= 12, JSON.stringify(told.qrs));
    const rogue = measureIntervals(drawn([early, NORMAL, NORMAL, later], 40));
    assert.ok(Math.abs(ms(rogue.qrs) - 90) <= 12, JSON.stringify(rogue.qrs));
    assert.equal(refusal(measureIntervals(drawn([early, NORMAL], 40)).qrs), "disagreement");
  });

  it("do not depend on gain, offset, or which beats the stretch begins with", () => {
    const stretch = drawn([{ ...NORMAL, noise: 0.01 }], 40);
    const told = measureIntervals(stretch);
    const louder = stretch.leads.map((lead) =>
      Int32Array.from(lead as Int32Array, (value) => 8 * value - 5000),
    );
    const again = measureIntervals({ ...stretch, leads: louder, gains: [8000] });
    for (const name of NAMES) assert.ok(Math.abs(ms(told[name]) - ms(again[name])) < 1e-6);
    const cut = 1234;
    const later = measureIntervals({
      ...stretch,
      leads: stretch.leads.map((lead) => (lead as Int32Array).subarray(cut)),
      beats: stretch.beats
        .filter(({ sample }) => sample >= cut)
        .map((beat) => ({ ...beat, sample: beat.sample - cut })),
    });
    for (const name of NAMES) assert.ok(Math.abs(ms(told[name]) - ms(later[name])) <= 8);
  });

  it("are right on the beats that the detector finds, whose marks lie elsewhere", () => {
    const drawing = { ...NORMAL, noise: 0.01 };
    const stretch = drawn([drawing], 60);
    const classifier = new BeatClassifier(stretch);
    const beats = [...classifier.push(stretch.leads), ...classifier.end()];
    const told = measureIntervals({ ...stretch, beats });
    const known = knownOf(drawing);
    for (const name of NAMES) assert.ok(Math.abs(ms(told[name]) - known[name]!) <= 16, name);
    assert.ok(told.evidence.length > 25);
  });

  it("refuse leads that do not match their gains", () => {
    assert.throws(() => measureIntervals({ ...drawn([NORMAL], 10), gains: [] }), RangeError);
  });
});
