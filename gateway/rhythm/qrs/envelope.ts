/**
 * From raw samples of one lead to what a beat detector looks at: at a rate of our own, so that every threshold in time
 * means the same at any rate, a band of the QRS complex and the energy of its slope.
 */

import { type ResamplerState, resample, roomFor } from "../resample";
import { isCount } from "../state";

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

export interface EnvelopeState extends ResamplerState {
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

/** Whether a state that was saved can be gone on from: what its sums hold besides their rings would stay for good. */
export function isSound({
  filled,
  sum,
  count,
  raw,
  first,
  second,
  band,
  power,
  sums,
}: EnvelopeState): boolean {
  const isSignal = (value: number) => Math.abs(value) <= 2 ** 33;
  if (!(filled >= 0 && filled < 1 && isSignal(sum) && isCount(count))) return false;
  if (![raw, first, second, band].every((ring) => ring.every(isSignal))) return false;
  const summed = [
    [raw, SMOOTH_A],
    [first, SMOOTH_B],
    [second, BASE],
    [power, ENERGY],
  ] as const;
  return summed.every(([ring, length], k) => {
    let held = 0;
    for (let i = 1; i <= length; i++) held += ring[(count - i) & MASK]!;
    return Math.abs(sums[k]! - held) <= 1 + 1e-6 * Math.abs(held);
  });
}

export const ringIndex = (inner: number) => inner & MASK;

/** Inner samples of a piece: a lead has at least 100 a second. */
const fresh = roomFor(INNER_RATE / 100);

/**
 * Takes the samples `from` up to, not including, `to` of a signal: no more than a piece of the resampler, of whose inner samples the
 * rings hold all.
 * @param step inner samples per sample
 * @returns inner samples completed
 */
export function takeSamples(
  state: EnvelopeState,
  signal: ArrayLike<number>,
  from: number,
  to: number,
  step: number,
): number {
  const made = resample(state, signal, from, to, 1, step, fresh);
  if (state.count === 0 && made > 0) settle(state, fresh[0]!);
  const { raw, first, second, band, power, energy, sums } = state;
  let [sumA, sumB, base, sumPower] = [sums[0]!, sums[1]!, sums[2]!, sums[3]!];
  let n = state.count;
  for (let k = 0; k < made; k++, n++) {
    const value = fresh[k]!;
    const at = n & MASK;
    sumA += value - raw[(n - SMOOTH_A) & MASK]!;
    raw[at] = value;
    const a = sumA / SMOOTH_A;
    sumB += a - first[(n - SMOOTH_B) & MASK]!;
    first[at] = a;
    const b = sumB / SMOOTH_B;
    base += b - second[(n - BASE) & MASK]!;
    second[at] = b;
    const here = second[(n - ((BASE - 1) >> 1)) & MASK]! - base / BASE;
    band[at] = here;
    const slope = here - band[(n - SLOPE) & MASK]!;
    const p = slope * slope;
    sumPower += p - power[(n - ENERGY) & MASK]!;
    power[at] = p;
    energy[at] = Math.sqrt(Math.max(0, sumPower) / ENERGY);
  }
  sums[0] = sumA;
  sums[1] = sumB;
  sums[2] = base;
  sums[3] = sumPower;
  state.count = n;
  return made;
}

/** As though the signal had always been what it is now: no step at the start. */
function settle({ raw, first, second, sums }: EnvelopeState, value: number): void {
  raw.fill(value);
  first.fill(value);
  second.fill(value);
  sums[0] = SMOOTH_A * value;
  sums[1] = SMOOTH_B * value;
  sums[2] = BASE * value;
  sums[3] = 0;
}
