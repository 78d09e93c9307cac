/** What can be measured on one beat's window alone. Times are in window samples, heights in millivolts. */
import { BEFORE, WINDOW_LENGTH } from "./window";

/** The QRS complex is looked for so far from the beat. */
const QRS_FROM = BEFORE - 22;
const QRS_TO = BEFORE + 28;
const T_FROM = BEFORE + 30;
const T_TO = BEFORE + 80;
/** Slopes below this share of the steepest are outside the complex. */
const EDGE = 0.12;
const QUIET = 4;

export interface Shape {
  /** From highest to lowest. */
  height: number;
  /** -1 (all below zero) to 1. */
  polarity: number;
  /** Between the edges of the complex, by slope. */
  width: number;
  /** Mean height above zero as a share of the height, in window samples: how long a block of that height would last. */
  area: number;
  /** Root mean square of slope by that of height: high where the complex is sharp. */
  sharpness: number;
  steepest: number;
  /** Spread of the slope's energy in time. */
  spread: number;
  /** Mean of what follows the complex, by its height; positive where it goes the way of the complex's larger part. */
  after: number;
  onset: number;
}

export const SHAPES = [
  "height",
  "polarity",
  "width",
  "area",
  "sharpness",
  "steepest",
  "spread",
  "after",
  "onset",
] as const;

export function newShape(): Shape {
  return {
    height: 0,
    polarity: 0,
    width: 0,
    area: 0,
    sharpness: 0,
    steepest: 0,
    spread: 0,
    after: 0,
    onset: 0,
  };
}

const slopes = new Float64Array(WINDOW_LENGTH);

export function measure(window: Float64Array, shape: Shape): void {
  let most = -Infinity;
  let least = Infinity;
  let sum = 0;
  let squares = 0;
  let steepest = 0;
  let steepestAt = QRS_FROM;
  let power = 0;
  let first = 0;
  let second = 0;
  for (let k = 1; k < WINDOW_LENGTH - 1; k++) slopes[k] = Math.abs(window[k + 1]! - window[k - 1]!) / 2;
  slopes[0] = slopes[1]!;
  slopes[WINDOW_LENGTH - 1] = slopes[WINDOW_LENGTH - 2]!;
  for (let k = QRS_FROM; k <= QRS_TO; k++) {
    const value = window[k]!;
    const slope = slopes[k]!;
    if (value > most) most = value;
    if (value < least) least = value;
    sum += Math.abs(value);
    squares += value * value;
    if (slope > steepest) {
      steepest = slope;
      steepestAt = k;
    }
    const p = slope * slope;
    power += p;
    first += p * k;
    second += p * k * k;
  }
  const height = Math.max(most - least, 1e-6);
  power = Math.max(power, 1e-12);
  shape.height = height;
  shape.polarity = (most + least) / height;
  shape.area = sum / height;
  shape.sharpness = Math.sqrt(power / Math.max(squares, 1e-12));
  shape.steepest = steepest;
  shape.spread = Math.sqrt(Math.max(0, second / power - (first / power) ** 2));
  const limit = EDGE * steepest;
  let onset = steepestAt;
  for (let k = steepestAt, quiet = 0; k > 0 && k > steepestAt - 36 && quiet < QUIET; k--) {
    if (slopes[k]! >= limit) {
      onset = k;
      quiet = 0;
    } else quiet++;
  }
  let offset = steepestAt;
  for (let k = steepestAt, quiet = 0; k < WINDOW_LENGTH && k < steepestAt + 40 && quiet < QUIET; k++) {
    if (slopes[k]! >= limit) {
      offset = k;
      quiet = 0;
    } else quiet++;
  }
  shape.width = offset - onset + 1;
  shape.onset = onset - BEFORE;
  let after = 0;
  for (let k = T_FROM; k < T_TO; k++) after += window[k]!;
  shape.after = ((most + least < 0 ? -1 : 1) * after) / (T_TO - T_FROM) / height;
}
