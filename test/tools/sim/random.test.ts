import { strict as assert } from "node:assert";
import { Random } from "../../../tools/sim/random";

describe("seeded random numbers", () => {
  const draws = (random: Random) => Array.from({ length: 20 }, () => random.uint32());

  it("are those of the rand_xoshiro crate's known-answer test, state 1 2 3 4", () => {
    assert.deepEqual(
      draws(Random.fromState([1, 2, 3, 4])).slice(0, 10),
      [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
    );
  });

  it("repeat for a seed, given as number or string, and differ between seeds", () => {
    assert.deepEqual(draws(new Random(7)), draws(new Random("7")));
    assert.notDeepEqual(draws(new Random(7)), draws(new Random(8)));
  });

  it("fork by label alone, whatever was drawn before", () => {
    const fresh = new Random(1);
    const used = new Random(1);
    draws(used);
    assert.deepEqual(draws(fresh.fork("flash")), draws(used.fork("flash")));
    assert.notDeepEqual(draws(fresh.fork("flash")), draws(fresh.fork("radio")));
    assert.notDeepEqual(draws(fresh.fork("a").fork("b")), draws(fresh.fork("ab")));
    assert.notDeepEqual(draws(fresh.fork("flash")), draws(new Random(2).fork("flash")));
  });

  it("have the moments of their distributions (seed 3)", () => {
    const random = new Random(3);
    const n = 200_000;
    const moments = (draw: () => number) => {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const x = draw();
        sum += x;
        squares += x * x;
      }
      return { mean: sum / n, variance: squares / n - (sum / n) ** 2 };
    };
    const uniform = moments(() => random.next());
    assert.ok(Math.abs(uniform.mean - 1 / 2) < 0.003 && Math.abs(uniform.variance - 1 / 12) < 0.002);
    const normal = moments(() => random.gaussian());
    assert.ok(Math.abs(normal.mean) < 0.01 && Math.abs(normal.variance - 1) < 0.02);
  });

  it("reach every integer below n and every byte, and nothing else (seed 4)", () => {
    const random = new Random(4);
    const seen = new Set(Array.from({ length: 1000 }, () => random.int(6)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal(new Set(random.bytes(10_000)).size, 256);
  });
});
