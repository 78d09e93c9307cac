/** The two models that name a strip, cross-validated by strip: CinC 2017 tells of no patients. */
import { type NetworkShape, run } from "../../gateway/rhythm/episodes/network";
import { BEAT_VALUES } from "../../gateway/rhythm/episodes/sequence";
import { answerOf, blend, STRIP_CLASSES } from "../../gateway/rhythm/episodes/strip";
import { type Forest, probabilities } from "../../gateway/rhythm/trees/forest";
import { forestOf, type LevelTrees } from "../../gateway/rhythm/trees/levels";
import { Random } from "../sim/random";
import { type BoostSettings, boost } from "./boost";
import { type LearnSettings, learn } from "./learn";
import type { Strips } from "./signals";

const CLASSES = STRIP_CLASSES.length;
/** Those whose F1 is averaged: noise is not. */
const SCORED = 3;

const FOREST: BoostSettings = {
  seed: 20261128,
  classes: CLASSES,
  rounds: 250,
  depth: 4,
  learning: 0.06,
  lambda: 2,
  least: 2,
  rowShare: 0.7,
  columnShare: 0.25,
  bins: 32,
};

export const SHAPE: NetworkShape = { inputs: BEAT_VALUES, hidden: 20, dense: 20, classes: CLASSES };
const NETWORK: LearnSettings = {
  seed: 20261128,
  epochs: 18,
  batch: 32,
  rate: 0.006,
  decay: 0.3,
  blank: 0.06,
  noise: 0.5,
  drop: 0.35,
};

export interface StripModels {
  forest: LevelTrees;
  networks: Float64Array[];
}

export function trainStrips(strips: Strips, rows: Int32Array, networks: number): StripModels {
  const weights = new Float64Array(strips.rows).fill(1);
  return {
    forest: boost(strips, strips.labels, weights, rows, FOREST),
    networks: Array.from({ length: networks }, (_, i) =>
      learn(SHAPE, strips.sequences, strips.labels, rows, { ...NETWORK, seed: NETWORK.seed + i }),
    ),
  };
}

function answers(trees: Forest, networks: Float64Array[], strips: Strips, row: number): Float64Array {
  const width = strips.features.length;
  const forest = probabilities(trees, strips.values.subarray(row * width, (row + 1) * width));
  const network = new Float64Array(CLASSES);
  for (const weights of networks) {
    const said = run(SHAPE, weights, strips.sequences[row]!).probabilities;
    for (let k = 0; k < CLASSES; k++) network[k]! += said[k]! / networks.length;
  }
  return blend(forest, network);
}

/** Each class is dealt evenly. @returns the fold of each strip */
export function foldsOf(strips: Strips, folds: number, seed: number): Int32Array {
  const random = new Random(seed);
  const fold = new Int32Array(strips.rows);
  for (let k = 0; k < CLASSES; k++) {
    const members = [...strips.labels.keys()].filter((i) => strips.labels[i] === k);
    for (let i = members.length - 1; i > 0; i--) {
      const j = random.int(i + 1);
      const kept = members[i]!;
      members[i] = members[j]!;
      members[j] = kept;
    }
    for (const [place, row] of members.entries()) fold[row] = place % folds;
  }
  return fold;
}

/** What models say that have not seen the strip. */
export function crossValidateStrips(
  strips: Strips,
  fold: Int32Array,
  folds: number,
  networks: number,
  note: (text: string) => void,
): Float64Array[] {
  const said: Float64Array[] = new Array(strips.rows);
  for (let f = 0; f < folds; f++) {
    const rows = Int32Array.from([...fold.keys()].filter((i) => fold[i] !== f));
    const models = trainStrips(strips, rows, networks);
    const trees = forestOf(models.forest);
    for (let i = 0; i < strips.rows; i++)
      if (fold[i] === f) said[i] = answers(trees, models.networks, strips, i);
    note(`fold ${f + 1} of ${folds}`);
  }
  return said;
}

/** By reference class, then by answer. */
export function confusion(
  strips: Strips,
  said: Float64Array[],
  weights: number[],
  counted: (row: number) => boolean,
): number[][] {
  const counts = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  for (let i = 0; i < strips.rows; i++)
    if (counted(i)) counts[strips.labels[i]!]![STRIP_CLASSES.indexOf(answerOf(said[i]!, weights).class)]!++;
  return counts;
}

export function f1Of(counts: number[][]): number[] {
  return counts.map((row, k) => {
    const answered = counts.reduce((sum, other) => sum + other[k]!, 0);
    return (2 * row[k]!) / (row.reduce((sum, count) => sum + count, 0) + answered);
  });
}

export function meanF1(counts: number[][]): number {
  return f1Of(counts)
    .slice(0, SCORED)
    .reduce((sum, f1) => sum + f1 / SCORED, 0);
}

/** The weights with the highest mean F1 on what unseeing models said. */
export function weighClasses(
  strips: Strips,
  said: Float64Array[],
  counted: (row: number) => boolean,
): number[] {
  const steps = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 1.7, 2, 2.4, 3];
  let best = new Array<number>(CLASSES).fill(1);
  let most = meanF1(confusion(strips, said, best, counted));
  for (let round = 0; round < 3; round++)
    for (let k = 1; k < CLASSES; k++)
      for (const step of steps) {
        const weights = best.with(k, step);
        const f1 = meanF1(confusion(strips, said, weights, counted));
        if (f1 > most + 1e-9) [best, most] = [weights, f1];
      }
  return best;
}
