import assert from "node:assert/strict";
import { type Forest, predict, rootsOf } from "../../../../gateway/rhythm/trees/forest";
import { decodeForest, encodeForest } from "../../../../gateway/rhythm/trees/nodes";
import { growForest } from "../../../../tools/rhythm/forest";
import { Random } from "../../../../tools/sim/random";

/** By hand: class 0 gains 1 where feature 0 is above 5, else 2 where feature 1 is above -1; class 1 gains 0.5. */
const FOREST: Forest = {
  start: Float32Array.of(0, 0),
  roots: Int32Array.of(0, 5),
  feature: Int16Array.of(0, 1, -1, -1, -1, -1),
  value: Float32Array.of(5, -1, 0, 2, 1, 0.5),
  right: Int16Array.of(4, 2, 0, 0, 0, 0),
};

describe("a forest", () => {
  const first = (...features: number[]) => {
    const share = new Float64Array(2);
    predict(FOREST, Float64Array.from(features), share);
    return share[0]!;
  };
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));

  it("adds up what the leaves say", () => {
    assert.ok(Math.abs(first(6, 0) - logistic(1 - 0.5)) < 1e-9);
    assert.ok(Math.abs(first(5, -1) - logistic(0 - 0.5)) < 1e-9);
    assert.ok(Math.abs(first(5, 0) - logistic(2 - 0.5)) < 1e-9);
  });

  it("is the same after it was written and read; other bytes are refused", () => {
    assert.deepEqual(decodeForest(encodeForest(FOREST)), FOREST);
    assert.deepEqual(rootsOf(FOREST.feature), FOREST.roots);
    assert.throws(() => decodeForest(encodeForest(FOREST).subarray(1)), RangeError);
  });

  it("grows the same from the same seed, and learns what no single split tells", () => {
    const random = new Random("forest");
    const count = 600;
    const values = Float64Array.from({ length: 2 * count }, () => random.next() - 0.5);
    // A class of its own where both have one sign.
    const label = Uint8Array.from({ length: count }, (_, k) =>
      values[2 * k]! * values[2 * k + 1]! > 0 ? 1 : 0,
    );
    const data = { values, width: 2, label, weight: new Float64Array(count).fill(1) };
    const settings = {
      classes: 2,
      rounds: 30,
      leaves: 4,
      learning: 0.3,
      least: 1,
      lambda: 1,
      samples: 0.8,
      features: 1,
    };
    const grown = growForest(data, settings, new Random("a"));
    assert.deepEqual(encodeForest(growForest(data, settings, new Random("a"))), encodeForest(grown));
    assert.notDeepEqual(encodeForest(growForest(data, settings, new Random("b"))), encodeForest(grown));
    const share = new Float64Array(2);
    let right = 0;
    for (let k = 0; k < 1000; k++) {
      const point = Float64Array.of(random.next() - 0.5, random.next() - 0.5);
      predict(grown, point, share);
      if (share[1]! > 0.5 === point[0]! * point[1]! > 0) right++;
    }
    assert.ok(right > 900, `${right} of 1000`);
  });
});
