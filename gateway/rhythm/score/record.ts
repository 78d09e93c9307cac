/** A record's beats as our detector finds them, held against its reference annotations. */
import { readAnnotations } from "../../wfdb/annotations";
import { readRecord } from "../../wfdb/read";
import { BeatDetector } from "../qrs/detector";
import {
  average,
  type BeatFigures,
  compareBeats,
  fibrillation,
  figures,
  gross,
  LEARNING_SECONDS,
  referenceBeats,
} from "./beats";

/** Version of what finds the beats; results name it. */
export const DETECTOR = "avnode-qrs/1";

/** A block at a time, as from a live handheld. */
const BLOCK_SECONDS = 1;

export interface RecordScore {
  record: string;
  fs: number;
  lead: string;
  seconds: number;
  /** From the first sample. */
  whole: BeatFigures;
  /** Without the first five minutes; undefined for a record that is no longer. */
  learned: BeatFigures | undefined;
}

export interface SetScore {
  detector: string;
  records: RecordScore[];
  gross: { whole: BeatFigures; learned: BeatFigures };
  average: { whole: ReturnType<typeof average>; learned: ReturnType<typeof average> };
}

/** Sample numbers of all beats in one lead. */
export function detectBeats(signal: Int32Array, rate: number, gain: number): number[] {
  const detector = new BeatDetector({ rate, gains: [gain] });
  const beats: number[] = [];
  const length = Math.ceil(BLOCK_SECONDS * rate);
  for (let at = 0; at < signal.length; at += length)
    for (const beat of detector.push([signal.subarray(at, at + length)])) beats.push(beat);
  return beats.concat(detector.end());
}

/**
 * @param path of the record, with or without `.hea`; its reference lies beside it as `.atr`
 * @throws WfdbError; RangeError for a lead that it does not have or a rate out of range
 */
export function scoreRecord(path: string, lead: number): RecordScore {
  const record = readRecord(path);
  const annotations = readAnnotations(`${path.replace(/\.hea$/, "")}.atr`);
  const { gain, name } = record.leads[lead] ?? {};
  if (gain === undefined) throw new RangeError(`cannot score ${record.name}: it has no lead ${lead}`);
  const { rate } = record;
  const found = detectBeats(record.signals[lead]!, rate, gain);
  const reference = referenceBeats(annotations);
  const excluded = fibrillation(annotations, record.samples);
  const from = (seconds: number) =>
    figures(compareBeats(reference, found, { rate, from: seconds * rate, excluded }));
  return {
    record: record.name,
    fs: rate,
    lead: name!,
    seconds: record.samples / rate,
    whole: from(0),
    learned: record.samples > LEARNING_SECONDS * rate ? from(LEARNING_SECONDS) : undefined,
  };
}

export function scoreOf(records: RecordScore[]): SetScore {
  const whole = records.map((record) => record.whole);
  const learned = records.flatMap((record) => record.learned ?? []);
  return {
    detector: DETECTOR,
    records,
    gross: { whole: gross(whole), learned: gross(learned) },
    average: { whole: average(whole), learned: average(learned) },
  };
}
