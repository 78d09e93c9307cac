/** What the beats of annotated records measure, with the classes that the annotations give them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FEATURES, type Row } from "../../../gateway/rhythm/beats/features";
import { CLASSES } from "../../../gateway/rhythm/beats/judge";
import { BeatMeter } from "../../../gateway/rhythm/beats/meter";
import { fibrillation } from "../../../gateway/rhythm/score/beats";
import { classOf, referenceClasses } from "../../../gateway/rhythm/score/classes";
import { pairBeats, WINDOW_SECONDS } from "../../../gateway/rhythm/score/pair";
import { type Annotation, readAnnotations } from "../../../gateway/wfdb/annotations";
import { isBeat } from "../../../gateway/wfdb/codes";
import { readRecord } from "../../../gateway/wfdb/read";

export interface MeasuredRecord {
  /** The person's or record's name: all that bears it is held out together. */
  name: string;
  path: string;
  rate: number;
  samples: number;
  annotations: Annotation[];
  rows: Row[];
  /** How many strips it is made of; 0 for a whole record. */
  strips: number;
  /** Index into CLASSES; -1 for what nothing is to be learnt from. */
  labels: Int8Array;
}

const LIKENESS = FEATURES.indexOf("likeness");
/** In strips whose beats are not annotated, one of another shape than the usual may be ectopic. */
const ALIKE = 0.7;

function measure(signal: Int32Array, rate: number, gain: number): Row[] {
  const meter = new BeatMeter({ rate, gains: [gain] });
  const rows: Row[] = [];
  const keep = ([row]: Row[]) => rows.push({ ...row!, features: row!.features.slice() });
  meter.push([signal], keep);
  meter.end(keep);
  return rows;
}

/** One lead of each annotated record of a folder: MIT-BIH's Arrhythmia database, or those with noise added. */
export function arrhythmiaRecords(folder: string, lead: number): MeasuredRecord[] {
  return headers(folder).map((path) => {
    const { name, rate, signals, leads, samples } = readRecord(path);
    const annotations = readAnnotations(path.replace(/hea$/, "atr"));
    const rows = measure(signals[lead]!, rate, leads[lead]!.gain);
    const beats = annotations.filter(({ code }) => isBeat(code));
    const pairs = pairBeats(
      referenceClasses(annotations).map(({ sample }) => sample),
      rows.map(({ sample }) => sample),
      Math.round(WINDOW_SECONDS * rate),
    );
    const excluded = fibrillation(annotations, samples);
    const labels = Int8Array.from(rows, ({ sample }, index) => {
      if (excluded.some(({ from, to }) => sample >= from && sample < to)) return -1;
      const beat = beats[pairs.test[index]!];
      // What is no beat at all must not become an ectopic one.
      if (!beat) return CLASSES.indexOf("N");
      // An aberrant beat looks ventricular and is called supraventricular: it teaches neither.
      return beat.symbol === "a" ? -1 : CLASSES.indexOf(classOf(beat.symbol));
    });
    return { name, path, rate, samples, annotations, rows, strips: 0, labels };
  });
}

/** Strips of CinC 2017 of a class without ectopic beats, `count` of them as one record. */
export function strips(folder: string, label: "N" | "A", count: number): MeasuredRecord[] {
  const reference = join(folder, "REFERENCE-v3.csv");
  if (!existsSync(reference)) return [];
  const names = readFileSync(reference, "utf8")
    .split(/\r?\n/)
    .map((line) => line.split(","))
    .filter(([name, given]) => given === label && existsSync(join(folder, `${name}.hea`)))
    .map(([name]) => name!);
  const records: MeasuredRecord[] = [];
  for (let at = 0; at < names.length; at += count) {
    const group = names.slice(at, at + count);
    const rows = group.flatMap((name) => {
      const { rate, signals, leads } = readRecord(join(folder, name));
      return measure(signals[0]!, rate, leads[0]!.gain);
    });
    const labels = Int8Array.from(rows, ({ features }) => (features[LIKENESS]! < ALIKE ? -1 : 0));
    records.push({
      name: `${label}${at}`,
      path: folder,
      rate: 300,
      samples: 0,
      annotations: [],
      rows,
      strips: group.length,
      labels,
    });
  }
  return records;
}

function headers(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".hea") && existsSync(join(folder, name.replace(/hea$/, "atr"))))
    .sort()
    .map((name) => join(folder, name));
}
