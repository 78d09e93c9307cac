/** A lead at a rate of our own, so that every length in samples means the same time, and pieces of it filtered. */

/** Samples per second of all that looks at waves. */
export const WAVE_RATE = 200;

export const waveSamples = (seconds: number) => Math.round(seconds * WAVE_RATE);

export interface ResamplerState {
  /** Of the sample under way: the share that has passed, and the sum over that share. */
  filled: number;
  sum: number;
}

/**
 * Brings samples to {@link WAVE_RATE}: each new one is the mean of the signal, as steps, over its own time.
 * @param step new samples per old sample
 * @param take is given each new sample
 */
export function resample(
  state: ResamplerState,
  value: number,
  step: number,
  take: (value: number) => void,
): void {
  let left = step;
  while (state.filled + left >= 1 - 1e-9) {
    const part = 1 - state.filled;
    take(state.sum + value * part);
    left -= part;
    state.filled = 0;
    state.sum = 0;
  }
  if (left > 1e-9) {
    state.filled += left;
    state.sum += value * left;
  }
}

/** A whole piece of one lead in millivolts at {@link WAVE_RATE}. @param gain counts per millivolt; 0 is taken for 200 */
export function wavesOf(samples: ArrayLike<number>, rate: number, gain: number): Float64Array {
  const scale = 1 / (Math.abs(gain) || 200);
  const step = WAVE_RATE / rate;
  const out = new Float64Array(Math.ceil(samples.length * step) + 1);
  const state = { filled: 0, sum: 0 };
  let count = 0;
  for (let i = 0; i < samples.length; i++)
    resample(state, samples[i]! * scale, step, (value) => {
      out[count++] = value;
    });
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
