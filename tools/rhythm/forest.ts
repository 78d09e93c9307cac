/**
 * Grows a forest by gradient boosting (Friedman 2001; leaves of second order after Chen and Guestrin 2016) over
 * features cut into bins. Trees grow where they gain most; a seed decides all that chance decides.
 */
import { type Forest, newForest, toShares } from "../../gateway/rhythm/trees/forest";
import type { Random } from "../sim/random";
import { binOf } from "./bins";

export interface Samples {
  /** Features of all samples, one sample behind another. */
  values: Float64Array;
  width: number;
  label: Uint8Array;
  weight: Float64Array;
}

export interface ForestSettings {
  classes: number;
  /** A round grows one tree per class. */
  rounds: number;
  leaves: number;
  /** Of each tree's answer, what is added. */
  learning: number;
  /** The least sum of second derivatives in a leaf, and what is added to it. */
  least: number;
  lambda: number;
  /** Share of samples and of features that a tree sees. */
  samples: number;
  features: number;
  /** Trees may see so many features, the first ones; all, if not given. */
  columns?: number;
}

const BINS = 64;

interface Leaf {
  rows: Int32Array;
  gradient: number;
  hessian: number;
  /** Its best split. */
  gain: number;
  feature: number;
  bin: number;
}

interface Tree {
  feature: number;
  value: number;
  left?: Tree;
  right?: Tree;
  leaf?: Leaf;
}

export function growForest(data: Samples, settings: ForestSettings, random: Random): Forest {
  const { label, weight, width } = data;
  const { classes } = settings;
  const count = label.length;
  const { bins, edges } = binned(data);
  const gradient = new Float64Array(count);
  const hessian = new Float64Array(count);
  /** The same of a leaf's rows, side by side: every feature asks for them. */
  const rowGradient = new Float64Array(count);
  const rowHessian = new Float64Array(count);
  const start = shares(data, classes);
  const score = Float64Array.from({ length: count * classes }, (_, k) => start[k % classes]!);
  const share = new Float64Array(count * classes);
  const feature: number[] = [];
  const value: number[] = [];
  const right: number[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    share.set(score);
    for (let i = 0; i < count; i++) toShares(share, i * classes, classes);
    for (let k = 0; k < classes; k++) {
      for (let i = 0; i < count; i++) {
        const p = share[i * classes + k]!;
        gradient[i] = weight[i]! * (p - (label[i] === k ? 1 : 0));
        hessian[i] = weight[i]! * Math.max(p * (1 - p), 1e-6);
      }
      const tree = grow();
      flatten(tree);
      for (let i = 0; i < count; i++) score[i * classes + k]! += answer(tree, i);
    }
  }
  const features = Int16Array.from(feature);
  return newForest({
    start,
    feature: features,
    value: Float32Array.from(value),
    right: Int16Array.from(right),
  });

  function grow(): Tree {
    const rows: number[] = [];
    for (let i = 0; i < count; i++) if (random.chance(settings.samples)) rows.push(i);
    const usable: number[] = [];
    for (let f = 0; f < (settings.columns ?? width); f++)
      if (random.chance(settings.features)) usable.push(f);
    const root: Tree = { feature: -1, value: 0, leaf: leafOf(Int32Array.from(rows), usable) };
    const open = [root];
    while (open.length < settings.leaves) {
      const best = open.reduce((a, b) => (b.leaf!.gain > a.leaf!.gain ? b : a));
      const { rows: all, gain, feature: f, bin } = best.leaf!;
      if (gain <= 0) break;
      const column = bins[f]!;
      best.feature = f;
      best.value = edges[f]![bin]!;
      // What is not split further need not know where it could be.
      const asked = open.length + 1 < settings.leaves ? usable : [];
      best.left = leaf(
        all.filter((row) => column[row]! <= bin),
        asked,
      );
      best.right = leaf(
        all.filter((row) => column[row]! > bin),
        asked,
      );
      best.leaf = undefined;
      open.splice(open.indexOf(best), 1, best.left, best.right);
    }
    for (const each of open) {
      const { gradient: g, hessian: h } = each.leaf!;
      each.value = Math.fround((-settings.learning * g) / (h + settings.lambda));
      each.leaf = undefined;
    }
    return root;

    function leaf(part: Int32Array, asked: number[]): Tree {
      return { feature: -1, value: 0, leaf: leafOf(part, asked) };
    }
  }

  function leafOf(rows: Int32Array, usable: number[]): Leaf {
    const leaf: Leaf = { rows, gradient: 0, hessian: 0, gain: 0, feature: -1, bin: -1 };
    for (let i = 0; i < rows.length; i++) {
      leaf.gradient += rowGradient[i] = gradient[rows[i]!]!;
      leaf.hessian += rowHessian[i] = hessian[rows[i]!]!;
    }
    const g = new Float64Array(BINS);
    const h = new Float64Array(BINS);
    const { lambda, least } = settings;
    const whole = leaf.gradient ** 2 / (leaf.hessian + lambda);
    for (const f of usable) {
      const column = bins[f]!;
      g.fill(0);
      h.fill(0);
      for (let i = 0; i < rows.length; i++) {
        const bin = column[rows[i]!]!;
        g[bin]! += rowGradient[i]!;
        h[bin]! += rowHessian[i]!;
      }
      let leftG = 0;
      let leftH = 0;
      for (let bin = 0; bin < edges[f]!.length; bin++) {
        leftG += g[bin]!;
        leftH += h[bin]!;
        const rightG = leaf.gradient - leftG;
        const rightH = leaf.hessian - leftH;
        if (leftH < least || rightH < least) continue;
        const gain = leftG ** 2 / (leftH + lambda) + rightG ** 2 / (rightH + lambda) - whole;
        if (gain > leaf.gain) Object.assign(leaf, { gain, feature: f, bin });
      }
    }
    return leaf;
  }

  function answer(tree: Tree, row: number): number {
    let at = tree;
    while (at.feature >= 0) at = data.values[row * width + at.feature]! <= at.value ? at.left! : at.right!;
    return at.value;
  }

  function flatten(tree: Tree): void {
    const at = feature.length;
    feature.push(tree.feature);
    value.push(tree.value);
    right.push(0);
    if (tree.feature < 0) return;
    flatten(tree.left!);
    right[at] = feature.length - at;
    flatten(tree.right!);
  }
}

/** One forest whose scores are the means of several forests' scores (bagging, Breiman 1996). */
export function meanForest(forests: Forest[]): Forest {
  const count = forests.length;
  const mean = (values: number[]) => Math.fround(values.reduce((sum, each) => sum + each, 0) / count);
  const feature = Int16Array.from(forests.flatMap((forest) => [...forest.feature]));
  const value = forests.flatMap((forest) =>
    Array.from(forest.value, (each, node) => (forest.feature[node]! < 0 ? each / count : each)),
  );
  return newForest({
    start: forests[0]!.start.map((_, k) => mean(forests.map(({ start }) => start[k]!))),
    feature,
    value: Float32Array.from(value),
    right: Int16Array.from(forests.flatMap((forest) => [...forest.right])),
  });
}

/** Logarithms of the classes' shares of all weight. */
function shares({ label, weight }: Samples, classes: number): Float32Array {
  const sums = new Float64Array(classes);
  for (let i = 0; i < label.length; i++) sums[label[i]!]! += weight[i]!;
  const all = sums.reduce((sum, each) => sum + each, 0);
  return Float32Array.from(sums, (sum) => Math.log(Math.max(sum / all, 1e-9)));
}

/** Each feature by quantiles: the bin of each sample, and the upper edge of each bin but the last. */
function binned({ values, width, label }: Samples): { bins: Uint8Array[]; edges: number[][] } {
  const bins: Uint8Array[] = [];
  const edges: number[][] = [];
  const column = new Float64Array(label.length);
  for (let f = 0; f < width; f++) {
    for (let i = 0; i < label.length; i++) column[i] = values[i * width + f]!;
    const ordered = column.slice().sort();
    const limits = new Set<number>();
    for (let b = 1; b < BINS; b++) {
      const limit = Math.fround(ordered[Math.floor((b * ordered.length) / BINS)]!);
      if (limit < ordered.at(-1)!) limits.add(limit);
    }
    const edge = [...limits].sort((a, b) => a - b);
    edges.push(edge);
    bins.push(Uint8Array.from(column, (each) => binOf(edge, each)));
  }
  return { bins, edges };
}
