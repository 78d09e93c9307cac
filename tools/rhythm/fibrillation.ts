/** Fibrillation by intervals and waves: windows of whole records and the strips, cross-validated by record or patient. */
import { FIBRILLATION_FEATURES } from "../../gateway/rhythm/episodes/fibrillation";
import { STRIP_CLASSES } from "../../gateway/rhythm/episodes/strip";
import { FIBRILLATION } from "../../gateway/rhythm/episodes/verdict";
import { probabilities } from "../../gateway/rhythm/trees/forest";
import { forestOf, type LevelTrees } from "../../gateway/rhythm/trees/levels";
import { type BoostSettings, boost, type Table } from "./boost";
import type { Labelled } from "./signals";

const SETTINGS: BoostSettings = {
  seed: 20261128,
  classes: 2,
  rounds: 120,
  depth: 4,
  learning: 0.06,
  lambda: 2,
  least: 4,
  rowShare: 0.6,
  columnShare: 0.4,
  bins: 32,
};
/** A window of a record weighs as much as so many strips. */
const WINDOW_WEIGHT = 2;

export interface Mixed extends Table {
  labels: Uint8Array;
  weights: Float64Array;
  groups: string[];
  /** Index of the set that a row is of. */
  sets: Uint8Array;
}

/** @param strips of CinC 2017; noise is left out @param sets windows of whole records */
export function mixed(strips: Labelled, sets: Labelled[]): Mixed {
  const values: number[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  const groups: string[] = [];
  const of: number[] = [];
  for (const [index, set] of [strips, ...sets].entries()) {
    const width = set.features.length;
    const columns = FIBRILLATION_FEATURES.map((name) => set.features.indexOf(name));
    for (let i = 0; i < set.rows; i++) {
      const label = index === 0 ? STRIP_CLASSES[set.labels[i]!] : set.labels[i] === 1 ? "A" : "N";
      if (label === "~") continue;
      for (const column of columns) values.push(set.values[i * width + column]!);
      labels.push(label === "A" ? 1 : 0);
      weights.push(index === 0 ? 1 : WINDOW_WEIGHT);
      groups.push(set.groups[i]!);
      of.push(index);
    }
  }
  return {
    features: FIBRILLATION_FEATURES,
    values: Float64Array.from(values),
    rows: labels.length,
    labels: Uint8Array.from(labels),
    weights: Float64Array.from(weights),
    groups,
    sets: Uint8Array.from(of),
  };
}

export function trainFibrillation(data: Mixed, rows: Int32Array): LevelTrees {
  return boost(data, data.labels, data.weights, rows, SETTINGS);
}

/** What models say that have not seen the row's group. */
export function crossValidateFibrillation(data: Mixed, folds: number): Float64Array {
  const names = [...new Set(data.groups)].sort();
  const fold = data.groups.map((group) => names.indexOf(group) % folds);
  const said = new Float64Array(data.rows);
  const width = data.features.length;
  for (let f = 0; f < folds; f++) {
    const rows = Int32Array.from([...fold.keys()].filter((i) => fold[i] !== f));
    const model = forestOf(trainFibrillation(data, rows));
    for (let i = 0; i < data.rows; i++)
      if (fold[i] === f) said[i] = probabilities(model, data.values.subarray(i * width, (i + 1) * width))[1]!;
  }
  return said;
}

/** As the tracker decides: once begun it goes on at less. @param follows whether a row comes right behind the one before */
export function decided(said: Float64Array, follows: (row: number) => boolean): Uint8Array {
  const answers = new Uint8Array(said.length);
  for (let i = 0; i < said.length; i++) {
    const going = follows(i) && answers[i - 1] === 1;
    answers[i] = said[i]! > (going ? FIBRILLATION.goesOn : FIBRILLATION.begins) ? 1 : 0;
  }
  return answers;
}
