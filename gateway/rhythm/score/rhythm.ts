/** A record's fibrillation as we find it, held against its rhythm annotations. */

import { type Annotation, readAnnotations } from "../../wfdb/annotations";
import { isBeat } from "../../wfdb/codes";
import { readHeader } from "../../wfdb/header";
import { readRecord } from "../../wfdb/read";
import { Analysis } from "../analysis";
import { fibrillationByIntervals, windowsByIntervals } from "../episodes/irregularity";
import { RHYTHM_VERSION } from "../episodes/tracker";
import type { Finding } from "../findings";
import {
  type AfFigures,
  afFigures,
  averageAf,
  compareAf,
  grossAf,
  referenceAf,
  testAf,
  WINDOW_SECONDS,
} from "./af";
import { LEARNING_SECONDS, type Span } from "./beats";
import { type RecordLead, recordLead } from "./lead";

export interface AfRecordScore {
  record: string;
  fs: number;
  seconds: number;
  /** Where there is no signal, the intervals between the reference's beats alone are judged. */
  by: "signal" | "intervals";
  /** From the first sample. */
  whole: AfFigures;
  /** Without the first five minutes; undefined for a record that is no longer. */
  learned: AfFigures | undefined;
}

export interface AfSetScore {
  rhythm: string;
  records: AfRecordScore[];
  gross: { whole: AfFigures; learned: AfFigures };
  average: { whole: ReturnType<typeof averageAf>; learned: ReturnType<typeof averageAf> };
}

/** Whether anybody said what rhythm a record has. */
export function hasRhythms(annotations: Annotation[]): boolean {
  return annotations.some(({ aux }) => aux?.startsWith("("));
}

/** The rhythm of one lead from its first sample to its last, as a live handheld's is followed. */
export function followRhythm({ settings, pieces }: RecordLead): Finding[] {
  const analysis = new Analysis(settings);
  const found: Finding[] = [];
  for (const piece of pieces)
    found.push(...(typeof piece === "number" ? analysis.gap(piece) : analysis.push(piece)).episodes);
  return found.concat(analysis.end().episodes);
}

/**
 * @param path of the record, with or without `.hea`; its reference lies beside it as `.atr`
 * @param withSignal false where the record's signal is not there
 * @throws WfdbError; RangeError for a lead that it does not have or a rate out of range
 */
export function scoreAf(path: string, lead: number, withSignal: boolean): AfRecordScore {
  const base = path.replace(/\.hea$/, "");
  const annotations = readAnnotations(`${base}.atr`);
  const header = readHeader(path);
  const rate = header.rate.num / header.rate.den;
  let seconds: number;
  let test: Span[];
  if (withSignal) {
    const record = readRecord(path);
    seconds = record.samples / rate;
    test = testAf(followRhythm(recordLead(path, record, lead)), rate);
  } else {
    const beats = annotations.filter(({ code }) => isBeat(code)).map(({ sample }) => sample / rate);
    seconds = beats.at(-1) ?? 0;
    test = afByIntervals(beats);
  }
  const reference = referenceAf(annotations, rate, seconds);
  const from = (start: number) => afFigures(compareAf(reference, test, { from: start, to: seconds }));
  return {
    record: header.name,
    fs: rate,
    seconds,
    by: withSignal ? "signal" : "intervals",
    whole: from(0),
    learned: seconds > LEARNING_SECONDS ? from(LEARNING_SECONDS) : undefined,
  };
}

function afByIntervals(beats: number[]): Span[] {
  const spans: Span[] = [];
  for (const { from, to, irregularity } of windowsByIntervals(beats, WINDOW_SECONDS)) {
    if (!(fibrillationByIntervals(irregularity) > 0.5)) continue;
    const last = spans.at(-1);
    if (last?.to === from) last.to = to;
    else spans.push({ from, to });
  }
  return spans;
}

export function afScoreOf(records: AfRecordScore[]): AfSetScore {
  const whole = records.map((each) => each.whole);
  const learned = records.flatMap((each) => each.learned ?? []);
  return {
    rhythm: RHYTHM_VERSION,
    records,
    gross: { whole: grossAf(whole), learned: grossAf(learned) },
    average: { whole: averageAf(whole), learned: averageAf(learned) },
  };
}
