/** Brings a signal to a rate of our own, so that every length in samples means the same time at any rate. */

export interface ResamplerState {
  /** Of the sample under way: the share that has passed, and the sum over that share. */
  filled: number;
  sum: number;
}

/** Samples that are brought to another rate at once, at most. */
export const PIECE = 512;

/**
 * Each new sample is the mean of the signal, as steps, over its own time.
 * @param signal of which the samples `from` up to, not including, `to` are taken: no more than {@link PIECE}
 * @param scale what they are multiplied with
 * @param step new samples per old sample
 * @param out gets the new samples
 * @returns how many there are
 */
export function resample(
  state: ResamplerState,
  signal: ArrayLike<number>,
  from: number,
  to: number,
  scale: number,
  step: number,
  out: Float64Array,
): number {
  let { filled, sum } = state;
  let made = 0;
  for (let i = from; i < to; i++) {
    const value = signal[i]! * scale;
    let left = step;
    while (filled + left >= 1 - 1e-9) {
      const part = 1 - filled;
      out[made++] = sum + value * part;
      left -= part;
      filled = 0;
      sum = 0;
    }
    if (left > 1e-9) {
      filled += left;
      sum += value * left;
    }
  }
  state.filled = filled;
  state.sum = sum;
  return made;
}

/** Room for what becomes of {@link PIECE} samples. @param step new samples per old sample, at most */
export function roomFor(step: number): Float64Array {
  return new Float64Array(Math.ceil(PIECE * step) + 2);
}
