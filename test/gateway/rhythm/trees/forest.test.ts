import assert from "node:assert/strict";
import { type Forest, newForest, predict } from "../../../../gateway/rhythm/trees/forest";
import { decodeForest, encodeForest } from "../../../../gateway/rhythm/trees/nodes";
import { growForest } from "../../../../tools/rhythm/forest";
import { Random } from "../../../../tools/sim/random";

/** By hand: class 0 gains 1 where feature 0 is above 5, else 2 where feature 1 is above -1; class 1 gains 0.5. */
const FOREST = newForest({
  start: Float32Array.of(0, 0),
  feature: Int16Array.of(0, 1, -1, -1, -1, -1),
  value: Float32Array.of(5, -1, 0, 2, 1, 0.5),
  right: Int16Array.of(4, 2, 0, 0, 0, 0),
});

/** Tree by tree from the root to a leaf. */
function walked({ start, roots, feature, value, right }: Forest, given: ArrayLike<number>): number[] {
  const scores = [...start];
  for (const [tree, root] of roots.entries()) {
    let node = root;
    while (feature[node]! >= 0) node += given[feature[node]!]! > value[node]! ? right[node]! : 1;
    scores[tree % scores.length]! += value[node]!;
  }
  const sum = scores.reduce((all, score) => all + Math.exp(score), 0);
  return scores.map((score) => Math.exp(score) / sum);
}

/** Trees of up to 32 leaves, as they may come: some a leaf alone. */
function anyForest(random: Random): Forest {
  const nodes = { feature: [] as number[], value: [] as number[], right: [] as number[] };
  const grow = (depth: number) => {
    const at = nodes.feature.length;
    const ends = depth === 0 || random.next() < 0.2;
    nodes.feature.push(ends ? -1 : random.int(4));
    // Few values, so that some of what is given equals them.
    nodes.value.push(ends ? random.next() - 0.5 : random.int(5));
    nodes.right.push(0);
    if (ends) return;
    grow(depth - 1);
    nodes.right[at] = nodes.feature.length - at;
    grow(depth - 1);
  };
  for (let tree = 0; tree < 30; tree++) grow(5);
  return newForest({
    start: Float32Array.of(0.1, 0, -0.1),
    feature: Int16Array.from(nodes.feature),
    value: Float32Array.from(nodes.value),
    right: Int16Array.from(nodes.right),
  });
}

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

  it("says what a walk through its trees does, whatever is not known", () => {
    const random = new Random("ranked");
    const share = new Float64Array(3);
    for (let k = 0; k < 50; k++) {
      const forest = anyForest(random);
      for (let i = 0; i < 20; i++) {
        const given = Array.from({ length: 4 }, () =>
          random.next() < 0.1 ? Number.NaN : random.int(11) / 2,
        );
        predict(forest, given, share);
        for (const [score, said] of walked(forest, given).entries())
          assert.ok(Math.abs(share[score]! - said) < 1e-12, `forest ${k}, given ${given}`);
      }
    }
  });

  it("is refused with trees that have more than 32 leaves", () => {
    const chain = { feature: [] as number[], right: [] as number[] };
    for (let k = 0; k < 32; k++) {
      chain.feature.push(0, -1);
      chain.right.push(2, 0);
    }
    const nodes = {
      start: Float32Array.of(0),
      feature: Int16Array.from([...chain.feature, -1]),
      value: new Float32Array(65),
      right: Int16Array.from([...chain.right, 0]),
    };
    assert.throws(() => newForest(nodes), /33 leaves/);
  });

  it("is the same after it was written and read; other bytes are refused", () => {
    assert.deepEqual(decodeForest(encodeForest(FOREST)), FOREST);
    assert.deepEqual(FOREST.roots, Int32Array.of(0, 5));
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
