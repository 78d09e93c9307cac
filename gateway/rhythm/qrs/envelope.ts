/**
 * From raw samples of one lead to what a beat detector looks at: at a rate of our own, so that every threshold in time
 * means the same at any rate, a band of the QRS complex and the energy of its slope.
 */

/** Samples per second of all that follows. */
export const INNER_RATE = 180;

const RING = 1024;
const MASK = RING - 1;
/** Running sums, in inner samples: two that smooth (to about 16 Hz), one whose mean is the baseline (from about 3 Hz). */
const SMOOTH_A = 4;
const SMOOTH_B = 3;
const BASE = 31;
const SLOPE = 3;
const ENERGY = 16;
/** By how many inner samples the energy's middle lags behind its cause. */
export const ENVELOPE_LAG = (SMOOTH_A + SMOOTH_B + BASE + SLOPE + ENERGY - 4) / 2;

export interface EnvelopeState {
  /** Of the inner sample under way: share of it that has passed, and the sum of what filled that share. */
  filled: number;
  sum: number;
  /** Inner samples made. */
  count: number;
  /** Resampled, smoothed once, smoothed twice, band, energy of slope before and after summing. */
  raw: Float64Array;
  first: Float64Array;
  second: Float64Array;
  band: Float64Array;
  power: Float64Array;
  energy: Float64Array;
  sums: Float64Array;
}

export function newEnvelope(): EnvelopeState {
  const ring = () => new Float64Array(RING);
  return {
    filled: 0,
    sum: 0,
    count: 0,
    raw: ring(),
    first: ring(),
    second: ring(),
    band: ring(),
    power: ring(),
    energy: ring(),
    sums: new Float64Array(4),
  };
}

export const ringIndex = (inner: number) => inner & MASK;

/**
 * Takes one sample. Each inner sample is the mean of the signal, as steps, over its own time.
 * @param step inner samples per sample
 * @returns inner samples completed
 */
export function takeSample(state: EnvelopeState, value: number, step: number): number {
  let left = step;
  let made = 0;
  while (state.filled + left >= 1 - 1e-9) {
    const part = 1 - state.filled;
    advance(state, state.sum + value * part);
    left -= part;
    state.filled = 0;
    state.sum = 0;
    made++;
  }
  if (left > 1e-9) {
    state.filled += left;
    state.sum += value * left;
  }
  return made;
}

function advance(state: EnvelopeState, value: number): void {
  const { raw, first, second, band, power, energy, sums } = state;
  const n = state.count;
  const at = n & MASK;
  if (n === 0) {
    // As though the signal had always been what it is now: no step at the start.
    raw.fill(value);
    first.fill(value);
    second.fill(value);
    sums[0] = SMOOTH_A * value;
    sums[1] = SMOOTH_B * value;
    sums[2] = BASE * value;
    sums[3] = 0;
  }
  sums[0]! += value - raw[(n - SMOOTH_A) & MASK]!;
  raw[at] = value;
  const a = sums[0]! / SMOOTH_A;
  sums[1]! += a - first[(n - SMOOTH_B) & MASK]!;
  first[at] = a;
  const b = sums[1]! / SMOOTH_B;
  sums[2]! += b - second[(n - BASE) & MASK]!;
  second[at] = b;
  band[at] = second[(n - ((BASE - 1) >> 1)) & MASK]! - sums[2]! / BASE;
  const slope = band[at]! - band[(n - SLOPE) & MASK]!;
  const p = slope * slope;
  sums[3]! += p - power[(n - ENERGY) & MASK]!;
  power[at] = p;
  energy[at] = Math.sqrt(Math.max(0, sums[3]!) / ENERGY);
  state.count = n + 1;
}
