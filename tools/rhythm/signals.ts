/** Windows and strips of signal with what is known of their rhythm. */
import { readStrip } from "../../gateway/rhythm/episodes/strip";
import { type MeasuredWindow, WindowCutter } from "../../gateway/rhythm/episodes/windows";
import { BeatDetector } from "../../gateway/rhythm/qrs/detector";
import { QualityMeter } from "../../gateway/rhythm/quality";
import type { Beat } from "../../gateway/rhythm/types";
import { readRecord } from "../../gateway/wfdb/read";
import type { Table } from "./boost";
import { filesOf, labelsOf, nameOf, referenceOf, shareOf } from "./data";
import { tableOf } from "./intervals";

export interface Labelled extends Table {
  labels: Uint8Array;
  /** What must not be torn apart by folds: a record, a patient, or a strip. */
  groups: string[];
}

export interface Strips extends Labelled {
  sequences: Float64Array[];
}

/** Strips of CinC 2017 with the index of their class in `classes`. */
export function stripsOf(folders: string[], classes: string, note: (text: string) => void): Strips {
  const labels = labelsOf(folders);
  const rows: number[][] = [];
  const sequences: Float64Array[] = [];
  const groups: string[] = [];
  let names: string[] = [];
  const known: number[] = [];
  for (const path of filesOf(folders, "cinc2017", ".hea")) {
    const label = labels.get(nameOf(path));
    if (label === undefined) continue;
    // Its headers are known to be wrong where they vouch for samples.
    const record = readRecord(path, { verify: false });
    const { features, sequence } = readStrip(record.signals[0]!, record.rate, record.leads[0]!.gain);
    if (names.length === 0) names = Object.keys(features);
    sequences.push(sequence);
    rows.push(Object.values(features));
    known.push(classes.indexOf(label));
    groups.push(nameOf(path));
    if (rows.length % 500 === 0) note(`cinc2017 ${rows.length} strips`);
  }
  return {
    features: names,
    values: tableOf(rows),
    rows: rows.length,
    labels: Uint8Array.from(known),
    groups,
    sequences,
  };
}

export function measured(signal: Int32Array, rate: number, gain: number): MeasuredWindow[] {
  const detector = new BeatDetector({ rate, gains: [gain] });
  const beats: Beat[] = [...detector.push([signal]), ...detector.end()].map((sample) => ({
    sample,
    class: "N",
    confidence: 1,
  }));
  const quality = new QualityMeter({ rate, gain }).push(signal);
  const cutter = new WindowCutter({ rate, gain });
  return [...cutter.push(signal, beats, quality), ...cutter.end([], [])];
}

/** Windows of whole records, all leads: 1 for fibrillation, 0 for none; those that hold both or flutter are left out. */
export function windowsOf(folders: string[], set: string, note: (text: string) => void): Labelled {
  const rows: number[][] = [];
  const labels: number[] = [];
  const groups: string[] = [];
  let features: string[] = [];
  for (const path of filesOf(folders, set, ".hea")) {
    const record = readRecord(path);
    const { af, flutter } = referenceOf(path, record.rate);
    for (const [lead, signal] of record.signals.entries())
      for (const window of measured(signal, record.rate, record.leads[lead]!.gain)) {
        const [from, to] = [window.from / record.rate, window.to / record.rate];
        const share = shareOf(af, from, to);
        if ((share > 0.2 && share < 0.8) || shareOf(flutter, from, to) > 0 || window.analysable < 0.5)
          continue;
        const figures = window.features();
        if (features.length === 0) features = Object.keys(figures);
        rows.push(Object.values(figures));
        labels.push(share > 0.5 ? 1 : 0);
        groups.push(patientOf(nameOf(path)));
      }
    note(`${set} ${nameOf(path)}: ${rows.length} windows`);
  }
  return { features, values: tableOf(rows), rows: rows.length, labels: Uint8Array.from(labels), groups };
}

/** CPSC 2021 names its records data_PATIENT_PART. */
const patientOf = (record: string) => /^(data_\d+)_\d+$/.exec(record)?.[1] ?? record;
