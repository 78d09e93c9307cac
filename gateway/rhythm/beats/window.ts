/** The signal around a beat, at a rate of its own, so that every shape means the same at any rate. */

import { select } from "../select";

/** Samples per second of a window. */
export const WINDOW_RATE = 180;
/** Window samples before and behind the beat. */
export const BEFORE = 66;
export const BEHIND = 84;
export const WINDOW_LENGTH = BEFORE + BEHIND + 1;
/** Samples per second that a lead has at most. */
const MOST_RATE = 1000;
/** Seconds of signal that a ring keeps: the window and the detector's delay, with room. */
const RING_SECONDS = 4;

export interface SignalRing {
  /** Sample number of the first sample since the last gap, and of the next one. */
  origin: number;
  next: number;
  values: Float64Array;
}

export function newRing(rate: number, origin: number): SignalRing {
  return { origin, next: origin, values: new Float64Array(Math.ceil(RING_SECONDS * rate)) };
}

/** Appends samples `from` up to `to` of a block, in millivolts. */
export function append(
  ring: SignalRing,
  block: ArrayLike<number>,
  from: number,
  to: number,
  millivolts: number,
): void {
  const { values } = ring;
  let at = ring.next % values.length;
  for (let i = from; i < to; i++) {
    values[at] = block[i]! * millivolts;
    if (++at === values.length) at = 0;
  }
  ring.next += to - from;
}

const smooth = new Float64Array(WINDOW_LENGTH + 2);
const scratch = new Float64Array(WINDOW_LENGTH);
/** A window's samples side by side: at the highest rate so many. */
const samples = new Float64Array(Math.ceil(((WINDOW_LENGTH + 2) * MOST_RATE) / WINDOW_RATE) + 3);

/**
 * Cuts the window around a sample: each value is the mean of the signal over its own time, smoothed over three (60 Hz
 * is gone, little is left of 50 Hz), with the line through the medians of both halves as zero. What lies outside the
 * signal repeats its end.
 * @returns noise: the median of second differences, in millivolts
 */
export function cut(ring: SignalRing, rate: number, sample: number, into: Float64Array): number {
  const { values, origin, next } = ring;
  const step = rate / WINDOW_RATE;
  const oldest = Math.max(origin, next - values.length);
  const first = Math.floor(sample + 0.5 - (BEFORE + 1.5) * step);
  const count = Math.min(samples.length, Math.ceil(smooth.length * step) + 3);
  let ringAt = Math.max(oldest, Math.min(next - 1, first)) % values.length;
  for (let k = 0; k < count; k++) {
    samples[k] = values[ringAt]!;
    if (first + k >= oldest && first + k < next - 1 && ++ringAt === values.length) ringAt = 0;
  }
  for (let k = 0; k < smooth.length; k++) {
    // Steps of one sample each, centred on their samples.
    const from = sample + 0.5 + (k - BEFORE - 1.5) * step;
    const to = from + step;
    let at = Math.floor(from);
    let sum = -(from - at) * samples[at - first]!;
    while (at + 1 < to) sum += samples[at++ - first]!;
    sum += (to - at) * samples[at - first]!;
    smooth[k] = sum / step;
  }
  for (let k = 0; k < WINDOW_LENGTH; k++) into[k] = (smooth[k]! + smooth[k + 1]! + smooth[k + 2]!) / 3;
  const left = medianIn(into, 0, BEFORE);
  const right = medianIn(into, BEFORE + 1, WINDOW_LENGTH);
  const tilt = (right - left) / ((WINDOW_LENGTH + 1) / 2);
  const middle = (BEFORE - 1) / 2;
  for (let k = 0; k < WINDOW_LENGTH; k++) into[k]! -= left + tilt * (k - middle);
  for (let k = 0; k < WINDOW_LENGTH; k++)
    scratch[k] = Math.abs(2 * smooth[k + 1]! - smooth[k]! - smooth[k + 2]!);
  return select(scratch, WINDOW_LENGTH >> 1);
}

function medianIn(values: Float64Array, from: number, to: number): number {
  const part = scratch.subarray(0, to - from);
  part.set(values.subarray(from, to));
  return select(part, (to - from) >> 1);
}
