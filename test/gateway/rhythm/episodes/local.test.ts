import assert from "node:assert/strict";
import {
  LOCAL_FEATURES,
  localFeatures,
  localOdds,
  mostLikely,
} from "../../../../gateway/rhythm/episodes/local";
import { Random } from "../../../../tools/sim/random";

const SEED = 11;

describe(`fibrillation beat by beat (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const named = (rr: number[], at: number) => {
    const values = localFeatures(Float64Array.from(rr), at);
    return Object.fromEntries(LOCAL_FEATURES.map((name, k) => [name, values[k]!]));
  };

  it("has the figures of a clock and of bigeminy as they are worked out by hand", () => {
    const clock = named(new Array(60).fill(0.8), 30);
    assert.equal(clock.usual, 0.8);
    for (const name of ["past4Median", "mostQ75", "everySecond", "early", "late", "inner", "turning"])
      assert.equal(clock[name], 0, name);
    assert.equal(clock.alike, 1);
    // 0.6 and 1 in turns; of the 33 intervals around the 30th, which is short, 17 are short: the usual is 0.6.
    const bigeminy = named(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? 1 : 0.6)),
      30,
    );
    assert.equal(bigeminy.usual, 0.6);
    assert.ok(Math.abs(bigeminy.seventeenMedian! - 0.4 / 0.6) < 1e-9);
    assert.equal(bigeminy.everySecond, 0);
    assert.equal(bigeminy.turning, 1);
    // Of 21 intervals 11 are short and 10 long: 55 and 45 pairs of 210 are alike.
    assert.ok(Math.abs(bigeminy.alike! - 100 / 210) < 1e-9);
    assert.ok(Math.abs(bigeminy.late! - 10 / 21) < 1e-9);
  });

  it("says no of a calm heart, yes of random intervals, and knows about where one becomes the other", () => {
    const calm = () => 0.8 + 0.015 * random.gaussian();
    const wild = () => Math.max(0.35, 0.6 + 0.14 * random.gaussian());
    const rr = Float64Array.from({ length: 160 }, (_, i) => (i >= 60 && i < 100 ? wild() : calm()));
    const states = mostLikely(localOdds(rr), false);
    const [from, to] = [states.indexOf(1), states.lastIndexOf(1) + 1];
    assert.ok(Math.abs(from - 60) <= 4 && Math.abs(to - 100) <= 4, `${from} to ${to}`);
    assert.ok(states.subarray(from, to).every((state) => state === 1));
  });

  it("finds the best of all sequences", () => {
    const price = 5;
    for (let round = 0; round < 200; round++) {
      const odds = Float64Array.from({ length: 1 + random.int(10) }, () => 4 * random.gaussian());
      const before = random.chance(0.5);
      // Odds of 1 to -1 for what was before; a change costs its price.
      const worth = (states: ArrayLike<number>) => {
        const start = [before ? -0.5 : 0.5, before ? 0.5 : -0.5];
        const first = states[0]!;
        let sum = Math.max(start[first]!, start[1 - first]! - price);
        let state: number | undefined;
        for (let i = 0; i < odds.length; i++) {
          if (state !== undefined && states[i] !== state) sum -= price;
          state = states[i]!;
          sum += state === 1 ? odds[i]! / 2 : -odds[i]! / 2;
        }
        return sum;
      };
      let best = Number.NEGATIVE_INFINITY;
      for (let code = 0; code < 2 ** odds.length; code++)
        best = Math.max(best, worth(Array.from(odds, (_, i) => (code >> i) & 1)));
      assert.ok(Math.abs(worth(mostLikely(odds, before)) - best) < 1e-9);
    }
  });

  it("answers for any number of intervals", () => {
    for (const count of [0, 1, 2, 5])
      assert.equal(localOdds(new Float64Array(count).fill(0.8)).length, count);
  });
});
