/** From the Long-Term AF annotations to a forest that knows a beat by its intervals alone. */
import { KEPT_INTERVALS, measureTiming, TIMINGS } from "../../../gateway/rhythm/beats/timing";
import { classOf } from "../../../gateway/rhythm/score/classes";
import type { Forest } from "../../../gateway/rhythm/trees/forest";
import { readAnnotations } from "../../../gateway/wfdb/annotations";
import { isBeat } from "../../../gateway/wfdb/codes";
import { Random } from "../../sim/random";
import { filesOf, nameOf } from "../data";
import { type ForestSettings, growForest } from "../forest";

const RATE = 128;
/** In this order, as {@link measureTiming}'s forest answers. */
const CLASSES = ["N", "S", "V"];
/** Of each record about so many beats of a class, and so many normal ones beside ectopic ones: the hard ones. */
const BEATS = 700;
const BESIDE = 400;
/** Beats before which nothing is usual yet. */
const FIRST = 50;
/** What comes later is as though it came then. */
const PATIENCE_SECONDS = 4;
/** A class of a record weighs as its beats' number to this power. */
const POWER = 0.5;
const WEIGHT = 0.3;

const SETTINGS: ForestSettings = {
  classes: CLASSES.length,
  rounds: 60,
  leaves: 12,
  learning: 0.15,
  least: 2,
  lambda: 5,
  samples: 0.4,
  features: 0.35,
};

export interface TimedRecord {
  name: string;
  /** One after another, {@link TIMINGS} each. */
  values: Float64Array[];
  labels: number[];
  weights: number[];
}

/** Chosen beats of the records in `ltafdb/` of all folders. */
export function timedRecords(folders: string[], seed: string): TimedRecord[] {
  const random = new Random(seed);
  return filesOf(folders, "ltafdb", ".atr").map((path) => timedRecord(path, random));
}

function timedRecord(path: string, random: Random): TimedRecord {
  const beats = readAnnotations(`${path}.atr`).filter(({ code }) => isBeat(code));
  const classes = beats.map(({ symbol }) => CLASSES.indexOf(classOf(symbol)));
  const counts = CLASSES.map((_, k) => classes.filter((each) => each === k).length);
  const intervals = new Float64Array(KEPT_INTERVALS);
  const between = (k: number) => Math.min(PATIENCE_SECONDS * RATE, beats[k + 1]!.sample - beats[k]!.sample);
  const record: TimedRecord = { name: nameOf(path), values: [], labels: [], weights: [] };
  for (let i = 1; i + 2 < beats.length; i++) {
    intervals[(i - 1) % KEPT_INTERVALS] = beats[i]!.sample - beats[i - 1]!.sample;
    const label = classes[i]!;
    if (i < FIRST || label < 0) continue;
    const beside = label === 0 && (classes[i - 1]! > 0 || classes[i + 1]! > 0);
    const share = beside ? BESIDE / (2 * (counts[1]! + counts[2]!)) : BEATS / counts[label]!;
    if (!random.chance(Math.min(1, share))) continue;
    const values = new Float64Array(TIMINGS.length);
    measureTiming(intervals, i, between(i), between(i + 1), RATE, values);
    record.values.push(values);
    record.labels.push(label);
  }
  const chosen = CLASSES.map((_, k) => record.labels.filter((each) => each === k).length);
  record.weights = record.labels.map((k) => (WEIGHT * counts[k]! ** POWER) / Math.max(10, chosen[k]!));
  return record;
}

export function trainTiming(records: TimedRecord[], seed: string): Forest {
  const width = TIMINGS.length;
  const values = records.flatMap((record) => record.values);
  const flat = new Float64Array(values.length * width);
  values.forEach((each, index) => {
    flat.set(each, index * width);
  });
  const samples = {
    values: flat,
    width,
    label: Uint8Array.from(records.flatMap(({ labels }) => labels)),
    weight: Float64Array.from(records.flatMap(({ weights }) => weights)),
  };
  return growForest(samples, SETTINGS, new Random(seed));
}
