/** A record's beats as we find and class them, held against its reference annotations. */
import { readAnnotations } from "../../wfdb/annotations";
import { readRecord } from "../../wfdb/read";
import { BEATS_VERSION } from "../beats/classifier";
import { BeatReader } from "../beats/read";
import type { Beat } from "../types";
import {
  average,
  type BeatCounts,
  type BeatFigures,
  compareBeats,
  fibrillation,
  figures,
  gross,
  LEARNING_SECONDS,
  referenceBeats,
  type Span,
} from "./beats";
import { compareClasses, isPaced, referenceClasses, supraventricular, ventricular } from "./classes";
import { type RecordLead, recordLead } from "./lead";

/** A block at a time, as from a live handheld. */
const BLOCK_SECONDS = 1;

interface Scopes {
  /** From the first sample. */
  whole: BeatFigures;
  /** Without the first five minutes; undefined for a record that is no longer. */
  learned: BeatFigures | undefined;
}

export interface RecordScore extends Scopes {
  record: string;
  fs: number;
  lead: string;
  seconds: number;
  /** A pacemaker drives the heart: what is said of ectopic beats does not count, as EC57 has it. */
  paced: boolean;
  /** Ventricular and supraventricular ectopic beats. */
  veb: Scopes;
  sveb: Scopes;
}

interface Totals {
  gross: { whole: BeatFigures; learned: BeatFigures };
  average: { whole: ReturnType<typeof average>; learned: ReturnType<typeof average> };
}

export interface SetScore extends Totals {
  detector: string;
  records: RecordScore[];
  veb: Totals;
  sveb: Totals;
}

/** All beats of one lead, classed as those of a live one. */
export function classifyBeats({ settings, pieces }: RecordLead): Beat[] {
  const reader = new BeatReader(settings);
  const beats: Beat[] = [];
  const length = Math.ceil(BLOCK_SECONDS * settings.rate);
  for (const piece of pieces) {
    if (typeof piece === "number") beats.push(...reader.gap(piece));
    else
      for (let at = 0; at < piece.length; at += length)
        for (const beat of reader.push(piece.subarray(at, at + length)).beats) beats.push(beat);
  }
  return beats.concat(reader.end());
}

/**
 * @param path of the record, with or without `.hea`; its reference lies beside it as `.atr`
 * @throws WfdbError; RangeError for a lead that it does not have or a rate out of range
 */
export function scoreRecord(path: string, lead: number): RecordScore {
  const record = readRecord(path);
  const annotations = readAnnotations(`${path.replace(/\.hea$/, "")}.atr`);
  const { rate } = record;
  const of = recordLead(path, record, lead);
  const found = classifyBeats(of);
  const reference = referenceBeats(annotations);
  const classes = referenceClasses(annotations);
  const samples = found.map(({ sample }) => sample);
  const excluded = fibrillation(annotations, record.samples);
  const scopes = (count: (scope: { rate: number; from: number; excluded: Span[] }) => BeatCounts) => {
    const from = (seconds: number) => figures(count({ rate, from: seconds * rate, excluded }));
    return {
      whole: from(0),
      learned: record.samples > LEARNING_SECONDS * rate ? from(LEARNING_SECONDS) : undefined,
    };
  };
  return {
    record: record.name,
    fs: rate,
    lead: of.settings.lead,
    seconds: record.samples / rate,
    paced: isPaced(annotations),
    ...scopes((scope) => compareBeats(reference, samples, scope)),
    veb: scopes((scope) => ventricular(compareClasses(classes, found, scope))),
    sveb: scopes((scope) => supraventricular(compareClasses(classes, found, scope))),
  };
}

export function scoreOf(records: RecordScore[]): SetScore {
  const unpaced = records.filter(({ paced }) => !paced);
  return {
    detector: BEATS_VERSION,
    records,
    ...totals(records),
    veb: totals(unpaced.map(({ veb }) => veb)),
    sveb: totals(unpaced.map(({ sveb }) => sveb)),
  };
}

function totals(scopes: Scopes[]): Totals {
  const whole = scopes.map((each) => each.whole);
  const learned = scopes.flatMap((each) => each.learned ?? []);
  return {
    gross: { whole: gross(whole), learned: gross(learned) },
    average: { whole: average(whole), learned: average(learned) },
  };
}
