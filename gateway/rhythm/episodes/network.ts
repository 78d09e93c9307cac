/**
 * A small convolutional network over the beats of a window: one layer that looks at each beat, two that look at five
 * beats in a row, mean and maximum over all, and two layers that answer.
 */

export interface NetworkShape {
  /** Values per beat. */
  inputs: number;
  hidden: number;
  dense: number;
  classes: number;
}

export const KERNEL = 5;

/** Where in the list of weights each layer begins: weights, then biases; output after output. */
export function layout({ inputs, hidden, dense, classes }: NetworkShape) {
  const a = 0;
  const b = a + hidden * (inputs + 1);
  const c = b + hidden * (hidden * KERNEL + 1);
  const d = c + hidden * (hidden * KERNEL + 1);
  const e = d + dense * (2 * hidden + 1);
  const end = e + classes * (dense + 1);
  return { a, b, c, d, e, end };
}

/** What each layer answered: a trainer needs all, a reader the last. */
export interface Activations {
  first: Float64Array;
  second: Float64Array;
  third: Float64Array;
  /** Means, then maxima. */
  pooled: Float64Array;
  /** At which beat each maximum is. */
  top: Int32Array;
  dense: Float64Array;
  probabilities: Float64Array;
}

/**
 * @param sequence beat after beat; at least one
 * @param mask what is pooled is multiplied with, in training
 */
export function run(
  shape: NetworkShape,
  weights: Float64Array,
  sequence: Float64Array,
  mask?: Float64Array,
): Activations {
  const { inputs, hidden, dense, classes } = shape;
  const beats = sequence.length / inputs;
  const at = layout(shape);
  const first = convolved(sequence, beats, inputs, hidden, 1, weights, at.a);
  const second = convolved(first, beats, hidden, hidden, KERNEL, weights, at.b);
  const third = convolved(second, beats, hidden, hidden, KERNEL, weights, at.c);
  const pooled = new Float64Array(2 * hidden);
  const top = new Int32Array(hidden);
  for (let k = 0; k < hidden; k++) {
    for (let t = 0; t < beats; t++) {
      const value = third[t * hidden + k]!;
      pooled[k]! += value / beats;
      if (value > pooled[hidden + k]!) {
        pooled[hidden + k] = value;
        top[k] = t;
      }
    }
  }
  if (mask) for (let k = 0; k < pooled.length; k++) pooled[k]! *= mask[k]!;
  const inner = convolved(pooled, 1, 2 * hidden, dense, 1, weights, at.d);
  const probabilities = new Float64Array(classes);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const from = at.e + k * (dense + 1);
    let value = weights[from + dense]!;
    for (let i = 0; i < dense; i++) value += weights[from + i]! * inner[i]!;
    probabilities[k] = Math.exp(value);
    sum += probabilities[k]!;
  }
  for (let k = 0; k < classes; k++) probabilities[k]! /= sum;
  return { first, second, third, pooled, top, dense: inner, probabilities };
}

/** Each output at each beat from `kernel` beats around it, zeros beyond the ends; what is negative becomes 0. */
function convolved(
  input: Float64Array,
  beats: number,
  inputs: number,
  outputs: number,
  kernel: number,
  weights: Float64Array,
  at: number,
): Float64Array {
  const half = kernel >> 1;
  const out = new Float64Array(beats * outputs);
  const span = inputs * kernel;
  for (let t = 0; t < beats; t++) {
    const low = Math.max(0, half - t) * inputs;
    const high = Math.min(kernel, beats - t + half) * inputs;
    const base = (t - half) * inputs;
    for (let k = 0; k < outputs; k++) {
      const from = at + k * (span + 1);
      // Four sums that do not wait for each other.
      let a = weights[from + span]!;
      let b = 0;
      let c = 0;
      let d = 0;
      let i = low;
      for (; i + 3 < high; i += 4) {
        a += weights[from + i]! * input[base + i]!;
        b += weights[from + i + 1]! * input[base + i + 1]!;
        c += weights[from + i + 2]! * input[base + i + 2]!;
        d += weights[from + i + 3]! * input[base + i + 3]!;
      }
      for (; i < high; i++) a += weights[from + i]! * input[base + i]!;
      const sum = a + b + (c + d);
      out[t * outputs + k] = Math.max(sum, 0);
    }
  }
  return out;
}

/** Networks of one shape as they are shipped: weights of all as base64 of int16, little-endian. */
export interface PackedNetworks {
  inputs: number;
  hidden: number;
  dense: number;
  classes: number;
  networks: number;
  /** What a weight's 1 stands for. */
  scale: number;
  weights: string;
}

export function unpackNetworks(packed: PackedNetworks): { shape: NetworkShape; each: Float64Array[] } {
  const { inputs, hidden, dense, classes, networks, scale } = packed;
  const shape = { inputs, hidden, dense, classes };
  const bytes = new Uint8Array(Buffer.from(packed.weights, "base64"));
  const all = Float64Array.from(new Int16Array(bytes.buffer), (weight) => weight * scale);
  const { end } = layout(shape);
  return { shape, each: Array.from({ length: networks }, (_, i) => all.subarray(i * end, (i + 1) * end)) };
}
