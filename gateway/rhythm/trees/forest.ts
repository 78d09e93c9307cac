/** Decision trees, added up: the inference of every forest that is shipped, however it was grown. */

import { addLeaves, type Ranked, rank } from "./ranked";
import type { Trees } from "./trees";

export interface Forest extends Trees {
  ranked: Ranked;
}

/** @throws RangeError for a forest with a tree of more than 32 leaves */
export function newForest(nodes: Omit<Trees, "roots">): Forest {
  const trees = { ...nodes, roots: rootsOf(nodes.feature) };
  return { ...trees, ranked: rank(trees) };
}

export function classesOf({ start }: Trees): number {
  return Math.max(2, start.length);
}

/** Writes the probability of each class. */
export function predict(forest: Forest, features: ArrayLike<number>, into: Float64Array): void {
  const { start, ranked } = forest;
  const scores = start.length;
  for (let k = 0; k < scores; k++) into[k] = start[k]!;
  addLeaves(ranked, features, scores, into);
  if (scores === 1) {
    into[1] = 1 / (1 + Math.exp(-into[0]!));
    into[0] = 1 - into[1];
  } else toShares(into, 0, scores);
}

/** The probability of each class. */
export function probabilities(forest: Forest, features: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(classesOf(forest));
  predict(forest, features, shares);
  return shares;
}

/** Turns scores from `at` on into probabilities, in place. */
export function toShares(scores: Float64Array, at: number, classes: number): void {
  let most = scores[at]!;
  for (let k = 1; k < classes; k++) most = Math.max(most, scores[at + k]!);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    scores[at + k] = Math.exp(scores[at + k]! - most);
    sum += scores[at + k]!;
  }
  for (let k = 0; k < classes; k++) scores[at + k]! /= sum;
}

/** A tree ends where it has a leaf more than branches. */
function rootsOf(feature: ArrayLike<number>): Int32Array {
  const roots: number[] = [];
  let open = 0;
  for (let node = 0; node < feature.length; node++) {
    if (open === 0) {
      roots.push(node);
      open = 1;
    }
    open += feature[node]! >= 0 ? 1 : -1;
  }
  return Int32Array.from(roots);
}
