/**
 * A forest's questions in order of feature and value instead of tree by tree, after QuickScorer: Lucchese et al. (2015),
 * doi:10.1145/2766462.2767733. Each question that is answered with yes closes the leaves of its left branch; of what is
 * left open in a tree, the first leaf is the one where a walk would end. Nothing is jumped to and fro, and of a
 * feature's questions none is asked behind the first that is answered with no.
 */
import type { Trees } from "./trees";

/** Leaves of a tree, at most: a bit each. */
const MOST_LEAVES = 32;

export interface Ranked {
  /** The features that are asked for, and where each one's questions end. */
  features: Int32Array;
  ends: Int32Array;
  /** Of each question: the value, its tree, and the leaves that more than that value leaves open. */
  values: Float32Array;
  trees: Uint16Array;
  masks: Int32Array;
  /** First leaf of each tree, and what each leaf adds. */
  firsts: Int32Array;
  leaves: Float32Array;
}

/** Of each tree, the leaves that are open: room for the answer under way, for as many trees as any forest has. */
let open = new Int32Array(0);

/** @throws RangeError for trees with more than 32 leaves */
export function rank({ roots, feature, value, right }: Trees): Ranked {
  const questions: { feature: number; value: number; tree: number; mask: number }[] = [];
  const leaves: number[] = [];
  const firsts: number[] = [];
  /** @returns the leaf behind the last below a node */
  const descend = (node: number, tree: number, leaf: number): number => {
    if (feature[node]! < 0) {
      leaves.push(value[node]!);
      return leaf + 1;
    }
    const middle = descend(node + 1, tree, leaf);
    let mask = -1;
    for (let k = leaf; k < middle; k++) mask &= ~(1 << k);
    questions.push({ feature: feature[node]!, value: value[node]!, tree, mask });
    return descend(node + right[node]!, tree, middle);
  };
  for (const [tree, root] of roots.entries()) {
    firsts.push(leaves.length);
    const count = descend(root, tree, 0);
    if (count > MOST_LEAVES) throw new RangeError(`cannot rank a tree of ${count} leaves: at most 32`);
  }
  if (roots.length > open.length) open = new Int32Array(roots.length);
  questions.sort((a, b) => a.feature - b.feature || a.value - b.value);
  const features = [...new Set(questions.map((question) => question.feature))];
  return {
    features: Int32Array.from(features),
    ends: Int32Array.from(
      features,
      (of) => 1 + questions.findLastIndex((question) => question.feature === of),
    ),
    values: Float32Array.from(questions, (question) => question.value),
    trees: Uint16Array.from(questions, (question) => question.tree),
    masks: Int32Array.from(questions, (question) => question.mask),
    firsts: Int32Array.from(firsts),
    leaves: Float32Array.from(leaves),
  };
}

/** Adds what each tree says to the score that it belongs to, tree by tree. */
export function addLeaves(
  ranked: Ranked,
  given: ArrayLike<number>,
  scores: number,
  into: Float64Array,
): void {
  const { features, ends, values, trees, masks, firsts, leaves } = ranked;
  const left = open;
  left.fill(-1, 0, firsts.length);
  let at = 0;
  for (let k = 0; k < features.length; k++) {
    const value = given[features[k]!]!;
    const end = ends[k]!;
    // What is not known, NaN, is more than nothing.
    while (at < end && value > values[at]!) {
      left[trees[at]!]! &= masks[at]!;
      at++;
    }
    at = end;
  }
  for (let tree = 0, k = 0; tree < firsts.length; tree++) {
    const of = left[tree]!;
    into[k]! += leaves[firsts[tree]! + 31 - Math.clz32(of & -of)]!;
    if (++k === scores) k = 0;
  }
}
