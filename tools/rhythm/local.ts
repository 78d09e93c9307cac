/** Fibrillation beat by beat: intervals of the Long-Term AF annotations, most of them near a change, cross-validated by record. */
import { LOCAL_FEATURES, localFeatures } from "../../gateway/rhythm/episodes/local";
import { probabilities } from "../../gateway/rhythm/trees/forest";
import { forestOf, type LevelTrees } from "../../gateway/rhythm/trees/levels";
import { Random } from "../sim/random";
import { type BoostSettings, boost, type Table } from "./boost";
import { filesOf, nameOf, referenceOf } from "./data";

const RATE = 128;
/** Beats before and behind a change that are near it. */
const NEAR = 60;
/** Of each record about so many intervals near a change, and so many from anywhere. */
const LEARN_NEAR = 1200;
const LEARN_ANYWHERE = 1000;
/** At both ends of a record so many are left out. */
const ENDS = 30;
const SEED = 20261128;

export const LOCAL_SETTINGS: BoostSettings = {
  seed: SEED,
  classes: 2,
  rounds: 60,
  depth: 3,
  learning: 0.12,
  lambda: 2,
  least: 10,
  rowShare: 0.4,
  columnShare: 0.5,
  bins: 24,
};

export interface LocalIntervals extends Table {
  labels: Uint8Array;
  /** Which record an interval is of. */
  records: Int32Array;
  names: string[];
}

export function localIntervals(folders: string[], note: (text: string) => void): LocalIntervals {
  const random = new Random(SEED);
  const values: number[] = [];
  const labels: number[] = [];
  const records: number[] = [];
  const names: string[] = [];
  for (const path of filesOf(folders, "ltafdb", ".atr")) {
    const { beats, af } = referenceOf(path, RATE);
    const rr = Float64Array.from(beats.slice(1), (beat, i) => beat - beats[i]!);
    const known = labelled(beats, af);
    const near = nearChanges(known);
    const nearShare = LEARN_NEAR / Math.max(LEARN_NEAR, near.filter(Boolean).length);
    for (let i = ENDS; i < rr.length - ENDS; i++) {
      if (!random.chance(near[i] ? nearShare : LEARN_ANYWHERE / rr.length)) continue;
      for (const value of localFeatures(rr, i)) values.push(value);
      labels.push(known[i]!);
      records.push(names.length);
    }
    names.push(nameOf(path));
    note(`ltafdb ${names.length}: ${labels.length} intervals`);
  }
  return {
    features: LOCAL_FEATURES,
    values: Float64Array.from(values),
    rows: labels.length,
    labels: Uint8Array.from(labels),
    records: Int32Array.from(records),
    names,
  };
}

/** 1 for an interval whose end lies in fibrillation. */
function labelled(beats: number[], af: { from: number; to: number }[]): Uint8Array {
  let next = 0;
  return Uint8Array.from(beats.slice(1), (beat) => {
    while (next < af.length && af[next]!.to <= beat) next++;
    return next < af.length && beat > af[next]!.from ? 1 : 0;
  });
}

function nearChanges(known: Uint8Array): Uint8Array {
  const near = new Uint8Array(known.length);
  for (let i = 1; i < known.length; i++)
    if (known[i] !== known[i - 1]) near.fill(1, Math.max(0, i - NEAR), i + NEAR);
  return near;
}

export function trainLocal(data: LocalIntervals, learnFrom: (record: number) => boolean): LevelTrees {
  const rows = [...data.records.keys()].filter((i) => learnFrom(data.records[i]!));
  return boost(data, data.labels, new Float64Array(data.rows).fill(1), Int32Array.from(rows), LOCAL_SETTINGS);
}

/** Probability of every interval by a model that has not seen its record. */
export function crossValidateLocal(data: LocalIntervals, folds: number): Float64Array {
  const said = new Float64Array(data.rows);
  const width = data.features.length;
  for (let fold = 0; fold < folds; fold++) {
    const model = forestOf(trainLocal(data, (record) => record % folds !== fold));
    for (let i = 0; i < data.rows; i++)
      if (data.records[i]! % folds === fold)
        said[i] = probabilities(model, data.values.subarray(i * width, (i + 1) * width))[1]!;
  }
  return said;
}
