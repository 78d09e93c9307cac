import assert from "node:assert/strict";
import { layout, type NetworkShape, run, unpackNetworks } from "../../../gateway/rhythm/episodes/network";
import { type LearnSettings, learn } from "../../../tools/rhythm/learn";
import { packNetworks } from "../../../tools/rhythm/pack";
import { Random } from "../../../tools/sim/random";

const shape: NetworkShape = { inputs: 3, hidden: 6, dense: 5, classes: 2 };
const settings: LearnSettings = {
  seed: 3,
  epochs: 30,
  batch: 16,
  rate: 0.01,
  decay: 0.01,
  blank: 0,
  noise: 0.05,
  drop: 0.1,
};

/** Class 1 holds two high values in a row somewhere, class 0 as many apart: only their order tells. */
function problem(seed: number, count: number) {
  const random = new Random(seed);
  const sequences: Float64Array[] = [];
  const labels: number[] = [];
  for (let n = 0; n < count; n++) {
    const sequence = Float64Array.from({ length: 36 }, () => 0.2 * random.gaussian());
    const label = n % 2;
    const first = random.int(6);
    for (const beat of [first, label ? first + 1 : first + 5]) sequence[3 * beat]! += 2;
    sequences.push(sequence);
    labels.push(label);
  }
  return { sequences, labels };
}

describe("the network over beats", () => {
  const { sequences, labels } = problem(1, 300);
  const rows = Int32Array.from(labels.keys());
  const weights = learn(shape, sequences, labels, rows, settings);

  it("learns an order of beats", () => {
    const fresh = problem(2, 200);
    const right = fresh.sequences.filter((sequence, i) => {
      const { probabilities } = run(shape, weights, sequence);
      return (probabilities[1]! > 0.5 ? 1 : 0) === fresh.labels[i];
    }).length;
    assert.ok(right > 185, `${right} of 200`);
  });

  it("is the same from the same seed, and answers alike when it was packed", () => {
    assert.deepEqual(learn(shape, sequences, labels, rows, settings), weights);
    const { shape: kept, each } = unpackNetworks(packNetworks(shape, [weights, weights]));
    assert.equal(each.length, 2);
    for (const sequence of sequences.slice(0, 30)) {
      const [a, b] = [run(shape, weights, sequence), run(kept, each[1]!, sequence)];
      assert.ok(Math.abs(a.probabilities[0]! - b.probabilities[0]!) < 1e-2);
    }
  });

  it("answers as its layers' sums worked out one by one", () => {
    const sequence = sequences[0]!;
    const at = layout(shape);
    const layer = (input: number[][], from: number, outputs: number, kernel: number): number[][] =>
      input.map((_, t) =>
        Array.from({ length: outputs }, (_none, k) => {
          const width = input[0]!.length * kernel;
          let sum = weights[from + k * (width + 1) + width]!;
          for (let j = 0; j < kernel; j++)
            for (const [c, value] of (input[t + j - (kernel >> 1)] ?? []).entries())
              sum += weights[from + k * (width + 1) + j * input[0]!.length + c]! * value;
          return Math.max(0, sum);
        }),
      );
    const beats = Array.from({ length: 12 }, (_, t) => [...sequence.subarray(3 * t, 3 * t + 3)]);
    const first = layer(beats, at.a, 6, 1);
    const third = layer(layer(first, at.b, 6, 5), at.c, 6, 5);
    const column = (k: number) => third.map((beat) => beat[k]!);
    const pooled = [0, 1, 2, 3, 4, 5].map((k) => column(k).reduce((a, b) => a + b) / 12);
    pooled.push(...[0, 1, 2, 3, 4, 5].map((k) => Math.max(...column(k))));
    const dense = layer([pooled], at.d, 5, 1)[0]!;
    const score = [0, 1].map((k) => {
      const from = at.e + 6 * k;
      return dense.reduce((sum, value, i) => sum + weights[from + i]! * value, weights[from + 5]!);
    });
    const expected = 1 / (1 + Math.exp(score[0]! - score[1]!));
    assert.ok(Math.abs(run(shape, weights, sequence).probabilities[1]! - expected) < 1e-9);
  });
});
