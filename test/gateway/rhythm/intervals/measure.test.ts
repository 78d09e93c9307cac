import assert from "node:assert/strict";
import {
  type Interval,
  type Intervals,
  measureIntervals,
} from "../../../../gateway/rhythm/intervals/measure";
import { generated, knownIntervals } from "./known";

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
  this.timeout(120_000);

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
          if (of - refused >= 5) assert.ok(Math.abs(bias) <= 8 && sd <= 12, line);
          if (refused < of) assert.ok(worst <= 30, line);
          if (muscle === 0) assert.equal(refused, 0, line);
          if (muscle === 0.02) assert.ok(refused <= 0.4 * of, line);
        }
      }
    });

  it("has no PR in fibrillation, but a QT", () => {
    const told = measureIntervals({
      ...generated({ rate: 500, af: true, heartRateBpm: 80, seed: 5 }, 60),
      fibrillation: true,
    });
    assert.deepEqual(told.pr, { notMeasurable: "fibrillation" });
    ms(told.qrs);
  });

  it("corrects QT for the mean interval", () => {
    const told: Intervals = measureIntervals(generated({ rate: 500, heartRateBpm: 90, seed: 2 }, 60));
    const rr = told.rrMs / 1000;
    assert.ok(Math.abs(told.rrMs - 60_000 / 90) < 10);
    assert.ok(Math.abs(ms(told.qtcBazett) - ms(told.qt) / Math.sqrt(rr)) < 1e-6);
    assert.ok(Math.abs(ms(told.qtcFridericia) - ms(told.qt) / Math.cbrt(rr)) < 1e-6);
  });
});
