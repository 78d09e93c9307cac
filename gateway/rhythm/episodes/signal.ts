/** A lead at a rate of our own, so that every length in samples means the same time, and pieces of it filtered. */

import { PIECE, resample } from "../resample";

/** Samples per second of all that looks at waves. */
export const WAVE_RATE = 200;

export const waveSamples = (seconds: number) => Math.round(seconds * WAVE_RATE);

/** A whole piece of one lead in millivolts at {@link WAVE_RATE}. @param gain counts per millivolt; 0 is taken for 200 */
export function wavesOf(samples: ArrayLike<number>, rate: number, gain: number): Float64Array {
  const scale = 1 / (Math.abs(gain) || 200);
  const step = WAVE_RATE / rate;
  const out = new Float64Array(Math.ceil(samples.length * step) + 1);
  const state = { filled: 0, sum: 0 };
  let count = 0;
  for (let at = 0; at < samples.length; at += PIECE) {
    const to = Math.min(samples.length, at + PIECE);
    count += resample(state, samples, at, to, scale, step, out.subarray(count));
  }
  return out.subarray(0, count);
}

/** Sums of all before each sample; as long as the longest piece so far, the first is 0. */
let running = new Float64Array(0);

/** Mean of the `width` (odd) samples around each; fewer at the ends. @param out may be the signal itself */
export function smoothed(
  signal: Float64Array,
  width: number,
  out: Float64Array = new Float64Array(signal.length),
): Float64Array {
  const half = (width - 1) >> 1;
  const n = signal.length;
  if (running.length <= n) running = new Float64Array(n + 1);
  const sums = running;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += signal[i]!;
    sums[i + 1] = sum;
  }
  const cutShort = (i: number) => {
    const from = Math.max(0, i - half);
    const to = Math.min(n, i + half + 1);
    out[i] = (sums[to]! - sums[from]!) / (to - from);
  };
  for (let i = 0; i < Math.min(half, n); i++) cutShort(i);
  for (let i = half; i < n - half; i++) out[i] = (sums[i + half + 1]! - sums[i - half]!) / width;
  for (let i = Math.max(half, n - half); i < n; i++) cutShort(i);
  return out;
}

/** Without what is slower than about 0.4 Hz. */
export function levelled(signal: Float64Array): Float64Array {
  const base = smoothed(signal, 161);
  smoothed(base, 161, base);
  for (let i = 0; i < signal.length; i++) base[i] = signal[i]! - base[i]!;
  return base;
}
