import assert from "node:assert/strict";
import type { Form } from "../../../../gateway/rhythm/episodes/form";
import { verdictOf } from "../../../../gateway/rhythm/episodes/verdict";
import type { MeasuredWindow } from "../../../../gateway/rhythm/episodes/windows";

const complex: Form = { width: 0.05, step: 0.05, corners: 1, stands: 0.8, follows: 0.3 };

describe("the rhythm of a measured window", () => {
  let looks: number;
  const windowWith = (change: Partial<MeasuredWindow>): MeasuredWindow => ({
    from: 0,
    to: 10800,
    seen: 0,
    seconds: 30,
    beats: [],
    around: [],
    waves: new Float64Array(0),
    known: 10800,
    waveOf: (sample) => sample,
    bad: [],
    analysable: 1,
    intervals: { beats: 35, mean: 0.85, localMost: 0.03, stepMedian: 0.02 },
    intervalsAf: 0.001,
    likeness: 0.99,
    features: () => {
      looks++;
      return {};
    },
    form: complex,
    unprovoked: undefined,
    ...change,
  });
  const doubtful: [string, Partial<MeasuredWindow>][] = [
    ["intervals that may be those of fibrillation", { intervalsAf: 0.02 }],
    ["a restless stretch", { intervals: { beats: 35, mean: 0.85, localMost: 0.07 } }],
    ["complexes that differ", { likeness: 0.95 }],
    ["a second that could not be read", { analysable: 29 / 30 }],
    ["less than a whole window", { seconds: 29 }],
  ];

  beforeEach(() => {
    looks = 0;
  });

  it("is told without a look at the atria where nothing leaves a doubt, as sure as its intervals are", () => {
    assert.deepEqual(verdictOf(windowWith({}), "sinus"), {
      rhythm: "sinus",
      confidence: 0.999,
      rate: 60 / 0.85,
    });
    assert.equal(looks, 0);
  });

  for (const [name, change] of doubtful)
    it(`is not told without a look at the atria with ${name}`, () => {
      verdictOf(windowWith(change), "sinus");
      assert.equal(looks, 1);
    });

  it("is not told without a look at the atria right behind fibrillation, which may go on regularly", () => {
    verdictOf(windowWith({}), "af");
    assert.equal(looks, 1);
  });
});
