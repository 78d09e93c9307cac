/** Fibrillation by intervals: windows of the Long-Term AF annotations, cross-validated by record. */
import { namedFeatures, windowsByIntervals } from "../../gateway/rhythm/episodes/irregularity";
import { probabilities } from "../../gateway/rhythm/trees/forest";
import { forestOf, type LevelTrees } from "../../gateway/rhythm/trees/levels";
import { type BoostSettings, boost, type Table } from "./boost";
import { filesOf, referenceOf, shareOf } from "./data";

const RATE = 128;
const WINDOW_SECONDS = 30;
/** Windows look much like their neighbours: one in so many is learnt from. */
const LEARN_EVERY = 6;

export interface Windows extends Table {
  labels: Uint8Array;
  /** Which record a window is of. */
  records: Int32Array;
  names: string[];
}

export const INTERVAL_SETTINGS: BoostSettings = {
  seed: 20261128,
  classes: 2,
  rounds: 120,
  depth: 4,
  learning: 0.08,
  lambda: 2,
  least: 10,
  rowShare: 0.4,
  columnShare: 0.3,
  bins: 32,
};

/** @param every of how many windows one is taken */
export function intervalWindows(folders: string[], every: number, note: (text: string) => void): Windows {
  const rows: number[][] = [];
  const labels: number[] = [];
  const records: number[] = [];
  const names: string[] = [];
  let features: string[] = [];
  for (const path of filesOf(folders, "ltafdb", ".atr")) {
    const { beats, af } = referenceOf(path, RATE);
    let w = -1;
    for (const { from, to, irregularity } of windowsByIntervals(beats, WINDOW_SECONDS)) {
      w++;
      if (w % every !== 0 || to < beats[0]!) continue;
      const figures = namedFeatures(irregularity);
      if (features.length === 0) features = Object.keys(figures);
      rows.push(Object.values(figures));
      labels.push(shareOf(af, from, to) > 0.5 ? 1 : 0);
      records.push(names.length);
    }
    names.push(path.slice(path.lastIndexOf("/") + 1));
    note(`ltafdb ${names.length}: ${rows.length} windows`);
  }
  return {
    features,
    values: tableOf(rows),
    rows: rows.length,
    labels: Uint8Array.from(labels),
    records: Int32Array.from(records),
    names,
  };
}

export function tableOf(rows: number[][]): Float64Array {
  const width = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (row.length !== width) throw new Error(`row ${i} has ${row.length} features, not ${width}`);
    values.set(row, i * width);
  }
  return values;
}

export function trainIntervals(windows: Windows, learnFrom: (record: number) => boolean): LevelTrees {
  const rows: number[] = [];
  for (let i = 0; i < windows.rows; i++)
    if (i % LEARN_EVERY === 0 && learnFrom(windows.records[i]!)) rows.push(i);
  const weights = new Float64Array(windows.rows).fill(1);
  return boost(windows, windows.labels, weights, Int32Array.from(rows), INTERVAL_SETTINGS);
}

/** Probability of every window by a model that has not seen its record. */
export function crossValidateIntervals(windows: Windows, folds: number): Float64Array {
  const answers = new Float64Array(windows.rows);
  const width = windows.features.length;
  for (let fold = 0; fold < folds; fold++) {
    const model = forestOf(trainIntervals(windows, (record) => record % folds !== fold));
    for (let i = 0; i < windows.rows; i++)
      if (windows.records[i]! % folds === fold)
        answers[i] = probabilities(model, windows.values.subarray(i * width, (i + 1) * width))[1]!;
  }
  return answers;
}
