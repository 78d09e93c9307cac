/** The complexes of a piece of signal by their shape: which are alike, where exactly each lies, and what the usual is. */

import { waveSamples } from "./signal";

/** Of a complex, on each side of its middle. */
const HALF = waveSamples(0.08);
const LENGTH = 2 * HALF + 1;
const SHIFT = waveSamples(0.05);
/** From here on two complexes are of one shape, if neither is larger than the other by more than `SIZE`. */
const ALIKE = 0.86;
const SIZE = 2;
const MOST_SHAPES = 10;

export interface Complex {
  /** Wave sample of its middle, so that it lies over the others of its shape. */
  at: number;
  /** Which shape, by the order in which they were met. */
  shape: number;
  /** Correlation with the usual shape, at its best shift. */
  likeness: number;
  /** From the lowest to the highest value. */
  size: number;
}

export interface Shapes {
  complexes: Complex[];
  /** Members of each shape, the usual's index. */
  members: number[];
  usual: number;
}

interface Leader {
  mean: Float64Array;
  size: number;
  members: number;
}

/**
 * @param fine signal without baseline
 * @param beats wave samples; those too near to an end are left out
 */
export function shapesOf(fine: Float64Array, beats: ArrayLike<number>): Shapes {
  const leaders: Leader[] = [];
  const complexes: Complex[] = [];
  for (let i = 0; i < beats.length; i++) {
    const middle = steepest(fine, Math.round(beats[i]!));
    if (middle < HALF + SHIFT || middle + HALF + SHIFT >= fine.length) continue;
    const size = sizeAt(fine, middle);
    let best = { leader: -1, likeness: -1, at: middle };
    sumUp(fine, middle);
    for (let k = 0; k < leaders.length; k++) {
      const { likeness, at } = bestFit(fine, middle, leaders[k]!.mean);
      const ratio = size / leaders[k]!.size;
      if (likeness > best.likeness && ratio < SIZE && ratio > 1 / SIZE) best = { leader: k, likeness, at };
    }
    if (best.likeness >= ALIKE || leaders.length >= MOST_SHAPES) {
      const leader = leaders[Math.max(0, best.leader)]!;
      leader.members++;
      const weight = 1 / Math.min(leader.members, 12);
      leader.size += weight * (size - leader.size);
      for (let k = 0; k < leader.mean.length; k++)
        leader.mean[k]! += weight * (fine[best.at - HALF + k]! - leader.mean[k]!);
      complexes.push({ at: best.at, shape: Math.max(0, best.leader), likeness: 0, size });
    } else {
      leaders.push({ mean: fine.slice(middle - HALF, middle + HALF + 1), size, members: 1 });
      complexes.push({ at: middle, shape: leaders.length - 1, likeness: 0, size });
    }
  }
  const members = leaders.map((leader) => leader.members);
  const usual = members.indexOf(Math.max(...members));
  for (const complex of complexes) {
    sumUp(fine, complex.at);
    const { likeness, at } = bestFit(fine, complex.at, leaders[usual]!.mean);
    complex.likeness = likeness;
    if (complex.shape === usual) complex.at = at;
  }
  return { complexes, members, usual };
}

/** The middle of the slopes' energy around a detection: the same place in alike complexes. */
function steepest(fine: Float64Array, near: number): number {
  const from = Math.max(1, near - HALF);
  const to = Math.min(fine.length - 1, near + HALF);
  let sum = 0;
  let weighted = 0;
  for (let i = from; i < to; i++) {
    const slope = (fine[i + 1]! - fine[i - 1]!) ** 2;
    sum += slope;
    weighted += slope * i;
  }
  return sum > 0 ? Math.round(weighted / sum) : near;
}

function sizeAt(fine: Float64Array, at: number): number {
  let low = fine[at]!;
  let high = low;
  for (let i = at - HALF; i <= at + HALF; i++) {
    if (fine[i]! < low) low = fine[i]!;
    if (fine[i]! > high) high = fine[i]!;
  }
  return Math.max(high - low, 1e-6);
}

/** Of the signal at each shift around a complex: the sum, and the variance times the length. */
const sums = new Float64Array(2 * SHIFT + 1);
const variances = new Float64Array(2 * SHIFT + 1);

function sumUp(fine: Float64Array, middle: number): void {
  for (let shift = -SHIFT; shift <= SHIFT; shift++) {
    let sum = 0;
    let squares = 0;
    for (let i = middle + shift - HALF; i < middle + shift - HALF + LENGTH; i++) {
      const value = fine[i]!;
      sum += value;
      squares += value * value;
    }
    sums[shift + SHIFT] = sum;
    variances[shift + SHIFT] = squares - (sum * sum) / LENGTH;
  }
}

/** The shift with the best correlation. @param middle the one that was summed up last */
function bestFit(fine: Float64Array, middle: number, mean: Float64Array): { likeness: number; at: number } {
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < LENGTH; k++) {
    const value = mean[k]!;
    sum += value;
    squares += value * value;
  }
  const variance = squares - (sum * sum) / LENGTH;
  const best = { likeness: -1, at: middle };
  for (let shift = -SHIFT; shift <= SHIFT; shift++) {
    const from = middle + shift - HALF;
    if (from < 0 || from + LENGTH > fine.length) continue;
    let products = 0;
    for (let k = 0; k < LENGTH; k++) products += fine[from + k]! * mean[k]!;
    const both = variances[shift + SHIFT]! * variance;
    const likeness = both > 1e-18 ? (products - (sums[shift + SHIFT]! * sum) / LENGTH) / Math.sqrt(both) : 0;
    if (likeness > best.likeness) {
      best.likeness = likeness;
      best.at = middle + shift;
    }
  }
  return best;
}
