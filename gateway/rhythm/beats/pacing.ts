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

/**
 * Whether a spike comes with a beat.
 * @param noise median of second differences in millivolts
 */
export function hasSpike(ring: SignalRing, rate: number, sample: number, noise: number): boolean {
  const { values, origin, next } = ring;
  const width = Math.max(1, Math.round(SPIKE_SECONDS * rate));
  const oldest = Math.max(origin, next - values.length);
  const from = Math.max(oldest + 3 * width, sample - Math.round(BEFORE_SECONDS * rate));
  const to = Math.min(next - 1 - 3 * width, sample + Math.round(BEHIND_SECONDS * rate));
  const least = Math.max(LEAST_MILLIVOLTS, NOISE * noise);
  for (let k = from; k <= to; k++) {
    const here = values[k % values.length]!;
    const left = values[(k - width) % values.length]!;
    const right = values[(k + width) % values.length]!;
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
    if (height >= BESIDE * beside) return true;
  }
  return false;
}
