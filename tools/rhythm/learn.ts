/** Trains the network of gateway/rhythm/episodes/network.ts: Adam (Kingma and Ba 2015) on cross entropy, in batches. */
import {
  type Activations,
  KERNEL,
  layout,
  type NetworkShape,
  run,
} from "../../gateway/rhythm/episodes/network";
import { Random } from "../sim/random";

export interface LearnSettings {
  seed: number;
  epochs: number;
  batch: number;
  rate: number;
  /** Weights shrink by this share of the rate each step. */
  decay: number;
  /** Share of beats that are blanked, and the spread of what is added to all others' values: no example looks twice alike. */
  blank: number;
  noise: number;
  /** Share of what was pooled that is dropped; the rest weighs more. */
  drop: number;
}

export function learn(
  shape: NetworkShape,
  sequences: Float64Array[],
  labels: ArrayLike<number>,
  rows: Int32Array,
  settings: LearnSettings,
): Float64Array {
  const random = new Random(settings.seed);
  const at = layout(shape);
  const weights = new Float64Array(at.end);
  const { inputs, hidden, dense, classes } = shape;
  const fill = (from: number, outputs: number, span: number) => {
    for (let k = 0; k < outputs; k++)
      for (let i = 0; i < span; i++)
        weights[from + k * (span + 1) + i] = random.gaussian() * Math.sqrt(2 / span);
  };
  fill(at.a, hidden, inputs);
  fill(at.b, hidden, hidden * KERNEL);
  fill(at.c, hidden, hidden * KERNEL);
  fill(at.d, dense, 2 * hidden);
  fill(at.e, classes, dense);
  const gradient = new Float64Array(at.end);
  const first = new Float64Array(at.end);
  const second = new Float64Array(at.end);
  const order = Int32Array.from(rows);
  const steps = settings.epochs * Math.ceil(order.length / settings.batch);
  let step = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.int(i + 1);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    for (let from = 0; from < order.length; from += settings.batch) {
      gradient.fill(0);
      const to = Math.min(order.length, from + settings.batch);
      for (let i = from; i < to; i++) {
        const row = order[i]!;
        const sequence = disturbed(sequences[row]!, inputs, settings, random);
        const mask = Float64Array.from({ length: 2 * hidden }, () =>
          random.chance(settings.drop) ? 0 : 1 / (1 - settings.drop),
        );
        const active = run(shape, weights, sequence, mask);
        backward(shape, weights, sequence, active, mask, labels[row]!, gradient);
      }
      step++;
      // One cycle: up for a tenth of the way, then down along a cosine.
      const way = step / steps;
      const rate =
        settings.rate * (way < 0.1 ? way / 0.1 : 0.5 + 0.5 * Math.cos((Math.PI * (way - 0.1)) / 0.9));
      for (let k = 0; k < at.end; k++) {
        const g = gradient[k]! / (to - from);
        first[k] = 0.9 * first[k]! + 0.1 * g;
        second[k] = 0.999 * second[k]! + 0.001 * g * g;
        const hat = first[k]! / (1 - 0.9 ** step) / (Math.sqrt(second[k]! / (1 - 0.999 ** step)) + 1e-8);
        weights[k]! -= rate * (hat + settings.decay * weights[k]!);
      }
    }
  }
  return weights;
}

function disturbed(
  sequence: Float64Array,
  inputs: number,
  { blank, noise }: LearnSettings,
  random: Random,
): Float64Array {
  const out = new Float64Array(sequence);
  for (let i = 0; i < out.length; i++) out[i]! += noise * (random.next() + random.next() - 1);
  for (let t = 0; t * inputs < out.length; t++)
    if (random.chance(blank)) out.fill(0, t * inputs, (t + 1) * inputs);
  return out;
}

/** Adds to `gradient` what one example says of each weight. */
function backward(
  shape: NetworkShape,
  weights: Float64Array,
  sequence: Float64Array,
  active: Activations,
  mask: Float64Array,
  label: number,
  gradient: Float64Array,
): void {
  const { inputs, hidden, dense, classes } = shape;
  const at = layout(shape);
  const beats = sequence.length / inputs;
  const toDense = new Float64Array(dense);
  for (let k = 0; k < classes; k++) {
    const from = at.e + k * (dense + 1);
    const error = active.probabilities[k]! - (k === label ? 1 : 0);
    for (let i = 0; i < dense; i++) {
      gradient[from + i]! += error * active.dense[i]!;
      toDense[i]! += error * weights[from + i]!;
    }
    gradient[from + dense]! += error;
  }
  const toPooled = new Float64Array(2 * hidden);
  through(active.pooled, active.dense, toDense, toPooled, 1, 2 * hidden, dense, 1, weights, gradient, at.d);
  for (let k = 0; k < 2 * hidden; k++) toPooled[k]! *= mask[k]!;
  const toThird = new Float64Array(beats * hidden);
  for (let k = 0; k < hidden; k++) {
    for (let t = 0; t < beats; t++) toThird[t * hidden + k] = toPooled[k]! / beats;
    toThird[active.top[k]! * hidden + k]! += toPooled[hidden + k]!;
  }
  const toSecond = new Float64Array(beats * hidden);
  const { first, second, third } = active;
  through(second, third, toThird, toSecond, beats, hidden, hidden, KERNEL, weights, gradient, at.c);
  const toFirst = new Float64Array(beats * hidden);
  through(first, second, toSecond, toFirst, beats, hidden, hidden, KERNEL, weights, gradient, at.b);
  through(sequence, first, toFirst, undefined, beats, inputs, hidden, 1, weights, gradient, at.a);
}

/** Back through a layer that lets only what is positive pass. */
function through(
  input: Float64Array,
  output: Float64Array,
  toOutput: Float64Array,
  toInput: Float64Array | undefined,
  beats: number,
  inputs: number,
  outputs: number,
  kernel: number,
  weights: Float64Array,
  gradient: Float64Array,
  at: number,
): void {
  const half = kernel >> 1;
  const span = inputs * kernel;
  for (let t = 0; t < beats; t++) {
    const low = Math.max(0, half - t) * inputs;
    const high = Math.min(kernel, beats - t + half) * inputs;
    const base = (t - half) * inputs;
    for (let k = 0; k < outputs; k++) {
      if (output[t * outputs + k]! <= 0) continue;
      const error = toOutput[t * outputs + k]!;
      if (error === 0) continue;
      const from = at + k * (span + 1);
      if (toInput)
        for (let i = low; i < high; i++) {
          gradient[from + i]! += error * input[base + i]!;
          toInput[base + i]! += error * weights[from + i]!;
        }
      else for (let i = low; i < high; i++) gradient[from + i]! += error * input[base + i]!;
      gradient[from + span]! += error;
    }
  }
}
