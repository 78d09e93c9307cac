/**
 * Gradient-boosted trees (Friedman 2001; second-order leaves as in XGBoost, Chen and Guestrin 2016) over features cut
 * into bins. Every tree is complete: at each of its levels all nodes split, one that nothing is gained from sends all to the
 * left. A seed decides everything that chance decides.
 */
import type { LevelTrees } from "../../gateway/rhythm/trees/levels";
import { Random } from "../sim/random";
import { binOf } from "./bins";

export interface Table {
  features: string[];
  /** Row after row. */
  values: Float64Array;
  rows: number;
}

export interface BoostSettings {
  seed: number;
  classes: number;
  rounds: number;
  depth: number;
  /** Of each tree's answer, what is added. */
  learning: number;
  /** Added to the sum of second derivatives in a leaf. */
  lambda: number;
  /** The least sum of second derivatives in a leaf. */
  least: number;
  rowShare: number;
  columnShare: number;
  bins: number;
}

/** Bounds between bins so that each holds about as many rows, at most 255. */
export function edgesOf(table: Table, rows: Int32Array, column: number, bins: number): Float32Array {
  const columns = table.features.length;
  const values = new Float64Array(rows.length);
  let known = 0;
  for (const row of rows) {
    const value = table.values[row * columns + column]!;
    if (!Number.isNaN(value)) values[known++] = value;
  }
  const sorted = values.subarray(0, known).sort();
  const edges: number[] = [];
  for (let k = 1; k < bins; k++) {
    const at = Math.floor((k * known) / bins);
    if (at < 1 || at >= known) continue;
    const edge = Math.fround((sorted[at - 1]! + sorted[at]!) / 2);
    if (Number.isFinite(edge) && (edges.length === 0 || edge > edges.at(-1)!)) edges.push(edge);
  }
  return Float32Array.from(edges);
}

/**
 * @param labels of all rows, 0 to classes - 1
 * @param weights of all rows
 * @param rows those to learn from
 */
export function boost(
  table: Table,
  labels: Uint8Array,
  weights: Float64Array,
  rows: Int32Array,
  settings: BoostSettings,
): LevelTrees {
  const { classes, rounds, depth, learning, lambda, least, bins } = settings;
  const columns = table.features.length;
  const random = new Random(settings.seed);
  const n = rows.length;
  const outputs = classes === 2 ? 1 : classes;
  const edges: Float32Array[] = [];
  const binned: Uint8Array[] = [];
  for (let c = 0; c < columns; c++) {
    edges.push(edgesOf(table, rows, c, bins));
    const bin = new Uint8Array(n);
    for (let i = 0; i < n; i++) bin[i] = binOf(edges[c]!, table.values[rows[i]! * columns + c]!);
    binned.push(bin);
  }
  const inner = 2 ** depth - 1;
  const leaves = 2 ** depth;
  const trees = rounds * outputs;
  const model: LevelTrees = {
    features: table.features,
    edges,
    classes,
    depth,
    columns: new Uint8Array(trees * inner),
    cuts: new Uint8Array(trees * inner),
    leaves: new Float32Array(trees * leaves),
  };
  const score = new Float64Array(n * outputs);
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n);
  const node = new Uint8Array(n);
  const chosen = new Uint8Array(n);
  const picked = Array.from({ length: columns }, (_, c) => c);
  const perTree = Math.max(1, Math.round(settings.columnShare * columns));
  const used = new Int32Array(n);
  const sumG = new Float64Array(leaves * 256);
  const sumH = new Float64Array(leaves * 256);
  for (let round = 0; round < rounds; round++) {
    const probability = softmaxed(score, n, outputs);
    for (let i = 0; i < n; i++) chosen[i] = random.chance(settings.rowShare) ? 1 : 0;
    for (let k = 0; k < outputs; k++) {
      const tree = round * outputs + k;
      for (let i = 0; i < n; i++) {
        const p = probability[i * outputs + k]!;
        const hit = labels[rows[i]!] === (outputs === 1 ? 1 : k) ? 1 : 0;
        const weight = weights[rows[i]!]!;
        gradient[i] = weight * (p - hit);
        hessian[i] = weight * Math.max(p * (1 - p), 1e-6);
      }
      for (let i = 0; i < perTree; i++) {
        const j = i + random.int(columns - i);
        [picked[i], picked[j]] = [picked[j]!, picked[i]!];
      }
      let count = 0;
      for (let i = 0; i < n; i++) if (chosen[i]) used[count++] = i;
      node.fill(0);
      for (let level = 0; level < depth; level++) {
        const nodes = 1 << level;
        const first = nodes - 1;
        const bestGain = new Float64Array(nodes).fill(1e-9);
        const bestColumn = new Uint8Array(nodes);
        const bestCut = new Uint8Array(nodes).fill(255);
        for (let f = 0; f < perTree; f++) {
          const column = picked[f]!;
          const width = edges[column]!.length + 1;
          if (width < 2) continue;
          const bin = binned[column]!;
          sumG.fill(0, 0, nodes * width);
          sumH.fill(0, 0, nodes * width);
          for (let u = 0; u < count; u++) {
            const i = used[u]!;
            const slot = node[i]! * width + bin[i]!;
            sumG[slot]! += gradient[i]!;
            sumH[slot]! += hessian[i]!;
          }
          for (let m = 0; m < nodes; m++) {
            let allG = 0;
            let allH = 0;
            for (let b = 0; b < width; b++) {
              allG += sumG[m * width + b]!;
              allH += sumH[m * width + b]!;
            }
            let g = 0;
            let h = 0;
            for (let b = 0; b + 1 < width; b++) {
              g += sumG[m * width + b]!;
              h += sumH[m * width + b]!;
              if (h < least || allH - h < least) continue;
              const gain =
                (g * g) / (h + lambda) +
                ((allG - g) * (allG - g)) / (allH - h + lambda) -
                (allG * allG) / (allH + lambda);
              if (gain > bestGain[m]!) {
                bestGain[m] = gain;
                bestColumn[m] = column;
                bestCut[m] = b;
              }
            }
          }
        }
        for (let m = 0; m < nodes; m++) {
          model.columns[tree * inner + first + m] = bestColumn[m]!;
          model.cuts[tree * inner + first + m] = bestCut[m]!;
        }
        for (let i = 0; i < n; i++) {
          const m = node[i]!;
          node[i] = 2 * m + (binned[bestColumn[m]!]![i]! > bestCut[m]! ? 1 : 0);
        }
      }
      sumG.fill(0, 0, leaves);
      sumH.fill(0, 0, leaves);
      for (let u = 0; u < count; u++) {
        const i = used[u]!;
        sumG[node[i]!]! += gradient[i]!;
        sumH[node[i]!]! += hessian[i]!;
      }
      for (let leaf = 0; leaf < leaves; leaf++)
        model.leaves[tree * leaves + leaf] = (-learning * sumG[leaf]!) / (sumH[leaf]! + lambda);
      for (let i = 0; i < n; i++) score[i * outputs + k]! += model.leaves[tree * leaves + node[i]!]!;
    }
  }
  return model;
}

function softmaxed(score: Float64Array, n: number, outputs: number): Float64Array {
  const out = new Float64Array(n * outputs);
  for (let i = 0; i < n; i++) {
    if (outputs === 1) {
      out[i] = 1 / (1 + Math.exp(-score[i]!));
      continue;
    }
    let sum = 0;
    for (let k = 0; k < outputs; k++) sum += out[i * outputs + k] = Math.exp(score[i * outputs + k]!);
    for (let k = 0; k < outputs; k++) out[i * outputs + k]! /= sum;
  }
  return out;
}
