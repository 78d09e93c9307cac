/** Pacemakers leave spikes far shorter than anything that a heart does: a few milliseconds, flat on both sides. */
import type { SignalRing } from "./window";

/** Where a spike of this beat may lie, in seconds before and behind it: before an atrium's beat, or a ventricle's. */
const BEFORE_SECONDS = 0.3;
const BEHIND_SECONDS = 0.04;
const SPIKE_SECONDS = 0.005;
const LEAST_MILLIVOLTS = 0.1;
/** How much higher a spike stands than what changes beside it, and than the noise. */
const BESIDE = 3;
const NOISE = 8;

/** A spike that a detector took for a beat lies so near. */
const NEAR_SECONDS = 0.06;
/** Where a captured heart's complex and its T wave are, from the spike, and what they move at least: an electrode's charge is gone by then. */
const CAPTURED = { from: 0.06, to: 0.4, millivolts: 0.05 };
/** Over which the signal is smoothed to see that: a period of 50 Hz. */
const SMOOTH_SECONDS = 0.02;

/**
 * Whether a spike comes with a beat.
 * @param noise median of second differences in millivolts
 */
export function hasSpike(ring: SignalRing, rate: number, sample: number, noise: number): boolean {
  const from = sample - Math.round(BEFORE_SECONDS * rate);
  const to = sample + Math.round(BEHIND_SECONDS * rate);
  return spikeIn(ring, rate, from, to, Math.max(LEAST_MILLIVOLTS, NOISE * noise)) >= 0;
}

/**
 * Whether what was taken for a beat is a spike that no heart answered: behind it the signal rests.
 * @param sample of the beat; what lies half a second behind it has been appended, if it is there at all
 */
export function isBareSpike(ring: SignalRing, rate: number, sample: number): boolean {
  const near = Math.round(NEAR_SECONDS * rate);
  const spike = spikeIn(ring, rate, sample - near, sample + near, LEAST_MILLIVOLTS);
  if (spike < 0) return false;
  const { values, next } = ring;
  const width = Math.max(1, Math.round(SMOOTH_SECONDS * rate));
  const from = spike + Math.round(CAPTURED.from * rate);
  const to = Math.min(next - width, spike + Math.round(CAPTURED.to * rate));
  if (to - from < 3 * width) return false;
  const at = (k: number) => values[k % values.length]!;
  const mean = (k: number) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += at(k + i);
    return sum / width;
  };
  // A drifting baseline is no answer: the line from the first to the last value is zero.
  const first = mean(from);
  const tilt = (mean(to) - first) / (to - from);
  let low = 0;
  let high = 0;
  for (let k = from, smooth = first; k < to; k++) {
    const off = smooth - first - tilt * (k - from);
    if (off < low) low = off;
    if (off > high) high = off;
    smooth += (at(k + width) - at(k)) / width;
  }
  return high - low < CAPTURED.millivolts;
}

/** Sample number of the first spike, -1 for none. @param least millivolts */
function spikeIn(ring: SignalRing, rate: number, first: number, last: number, least: number): number {
  const { values, origin, next } = ring;
  const width = Math.max(1, Math.round(SPIKE_SECONDS * rate));
  const oldest = Math.max(origin, next - values.length);
  const from = Math.max(oldest + 3 * width, first);
  const to = Math.min(next - 1 - 3 * width, last);
  if (from > to) return -1;
  const length = values.length;
  let at = from % length;
  let before = (from - width) % length;
  let behind = (from + width) % length;
  for (let k = from; k <= to; k++) {
    const here = values[at]!;
    const left = values[before]!;
    const right = values[behind]!;
    if (++at === length) at = 0;
    if (++before === length) before = 0;
    if (++behind === length) behind = 0;
    const rise = here - left;
    const fall = here - right;
    if (rise * fall <= 0) continue;
    const height = Math.min(Math.abs(rise), Math.abs(fall));
    if (height < least) continue;
    const beside = Math.max(
      Math.abs(left - values[(k - 3 * width) % values.length]!),
      Math.abs(right - values[(k + 3 * width) % values.length]!),
      Math.abs(left - right),
    );
    if (height >= BESIDE * beside) return k;
  }
  return -1;
}
