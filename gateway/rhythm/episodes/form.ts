/**
 * Whether what was found in a window can be a heart's complexes, by their form alone: a QRS complex lasts longer than a
 * pacemaker's spike, comes back to where it began, has corners, stands out from the signal around it, and where it is as
 * slow as an atrium's wave, a T wave follows. The limits are ours: none of the half minutes of MIT-BIH's DS1 (channel
 * 0), its Noise Stress records, CPSC 2021, and every fourth strip of CinC 2017 lies beyond them, and 1 % of those of
 * DS1's channel 1.
 */
import { WAVE_RATE, waveSamples } from "./signal";
import { medianOf } from "./statistics";

/** Of a complex on each side of its middle: where its middle is sought, and where its slopes are counted. */
const HALF = waveSamples(0.08);
const WIDE = waveSamples(0.12);
/** Where slopes are the complex's, for what lies between complexes. */
const OWN = waveSamples(0.06);
/** Levels before and behind a complex are means over this, so far from its middle. */
const LEVEL_FROM = waveSamples(0.08);
const LEVEL_TO = waveSamples(0.12);
/** What follows a complex, seconds from its middle: the T wave, at most. */
const AFTER_FROM = waveSamples(0.12);
const AFTER_TO = waveSamples(0.45);
const AVERAGE = WIDE + AFTER_TO;
/** A T wave needs that long. */
const ROOM = waveSamples(0.25);

/** Medians over a window's complexes; NaN where none lies whole in it. */
export interface Form {
  /** Seconds from 5 to 95 % of its slopes' energy. */
  width: number;
  /** Change of level from before to behind, by the height. */
  step: number;
  /** Second differences by first ones: small where there are no corners. */
  corners: number;
  /** Of the slopes' energy until the next complex, the share that is its own: 0 if no more than its share of the time, 1 if all. */
  stands: number;
  /** Height of what follows, by its own, on the averaged complex; NaN where the next comes too soon to tell. */
  follows: number;
}

/**
 * @param waves a window of one lead in millivolts at {@link WAVE_RATE}
 * @param beats wave samples, ascending
 */
export function formOf(waves: Float64Array, beats: ArrayLike<number>): Form {
  const n = waves.length;
  const fine = waves.slice();
  for (let i = 1; i < n - 1; i++) fine[i] = (waves[i - 1]! + waves[i]! + waves[i + 1]!) / 3;
  /** Sum of all slopes' energy before each sample. */
  const energy = new Float64Array(n + 1);
  for (let i = 1; i < n; i++) {
    const slope = i < n - 1 ? fine[i + 1]! - fine[i - 1]! : 0;
    energy[i + 1] = energy[i]! + slope * slope;
  }
  const between = (from: number, to: number) => energy[to]! - energy[from]!;
  const middles: number[] = [];
  const widths: number[] = [];
  const steps: number[] = [];
  const corners: number[] = [];
  const stands: number[] = [];
  for (let i = 0; i < beats.length; i++) {
    const near = Math.round(beats[i]!);
    if (near < 2 * WIDE || near + 2 * WIDE >= n) continue;
    const at = middleOf(energy, near);
    const last = middles.at(-1);
    if (last !== undefined && at <= last) continue;
    middles.push(at);
    widths.push(widthAt(energy, at));
    const height = heightOf(fine, at - HALF, at + HALF + 1);
    const before = levelOf(fine, at - LEVEL_TO, at - LEVEL_FROM);
    const behind = levelOf(fine, at + LEVEL_FROM, at + LEVEL_TO);
    steps.push(Math.abs(behind - before) / height);
    corners.push(Math.sqrt(bend(fine, at) / Math.max(1e-12, between(at - HALF, at + HALF))));
    if (last !== undefined && at - last > 2 * OWN) {
      const own = between(last - OWN, last + OWN) / Math.max(1e-12, between(last - OWN, at - OWN));
      const time = (2 * OWN) / (at - last);
      stands.push((own - time) / (1 - time));
    }
  }
  return {
    width: medianOf(widths),
    step: medianOf(steps),
    corners: medianOf(corners),
    stands: medianOf(stands),
    follows: followsOf(fine, middles),
  };
}

/** No complex is so brief: a pacemaker's spike, a contact's jump. */
const BRIEF = 0.0225;
/** A narrow complex that ends elsewhere than it began is a jump, too. */
const JUMP = { step: 0.6, narrow: 0.06 };
const SMOOTH = 0.25;
const BURIED = 0.25;
/** As slow as an atrium's wave, back where it began, with nothing behind it. */
const ATRIAL = { wide: 0.085, step: 0.1, follows: 0.045 };

/** @returns false for what no heart's ventricles do; what cannot be measured is not held against it */
export function canBeComplexes({ width, step, corners, stands, follows }: Form): boolean {
  if (width < BRIEF) return false;
  if (step > JUMP.step && width < JUMP.narrow) return false;
  if (corners < SMOOTH || stands < BURIED) return false;
  return !(width >= ATRIAL.wide && step < ATRIAL.step && follows < ATRIAL.follows);
}

/** Of the slopes' energy around a detection. */
function middleOf(energy: Float64Array, near: number): number {
  let sum = 0;
  let weighted = 0;
  for (let i = near - HALF; i < near + HALF; i++) {
    const one = energy[i + 1]! - energy[i]!;
    sum += one;
    weighted += one * i;
  }
  return sum > 0 ? Math.round(weighted / sum) : near;
}

function widthAt(energy: Float64Array, at: number): number {
  const from = energy[at - WIDE]!;
  const all = energy[at + WIDE]! - from;
  let width = 0;
  for (let i = at - WIDE + 1; i <= at + WIDE; i++) {
    const passed = energy[i]! - from;
    if (passed > 0.05 * all && passed < 0.95 * all) width++;
  }
  return width / WAVE_RATE;
}

function heightOf(values: Float64Array, from: number, to: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    if (values[i]! < low) low = values[i]!;
    if (values[i]! > high) high = values[i]!;
  }
  return Math.max(1e-6, high - low);
}

function levelOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

/** Energy of second differences over two samples, each the mean of three. */
function bend(fine: Float64Array, at: number): number {
  let sum = 0;
  for (let i = at - HALF; i < at + HALF; i++) {
    const around = fine[i + 3]! + fine[i + 2]! + fine[i - 2]! + fine[i - 3]! - fine[i - 1]! - fine[i + 1]!;
    const difference = (around - 2 * fine[i]!) / 3;
    sum += difference * difference;
  }
  return sum;
}

/** Averaged, so that noise does not pass for a T wave; the line from its first to its last value taken out. */
function followsOf(fine: Float64Array, middles: number[]): number {
  const whole = middles.filter((at) => at + AFTER_TO < fine.length);
  const usual = medianOf(whole.slice(1).map((at, i) => at - whole[i]!));
  if (!(usual >= AFTER_FROM + ROOM + WIDE)) return Number.NaN;
  const mean = new Float64Array(AVERAGE);
  for (const at of whole) for (let k = 0; k < AVERAGE; k++) mean[k]! += fine[at - WIDE + k]! / whole.length;
  const from = WIDE + AFTER_FROM;
  // What lies before the next complex is its own, not this one's.
  const to = Math.min(AVERAGE, Math.round(usual));
  const first = mean[from]!;
  const tilt = (mean[to - 1]! - first) / (to - 1 - from);
  for (let k = from; k < to; k++) mean[k]! -= first + tilt * (k - from);
  return heightOf(mean, from, to) / heightOf(mean, WIDE - HALF, WIDE + HALF + 1);
}
