/** One WFDB record's beats and fibrillation as we find them, held against what its annotations tell. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type RecordScore, scoreRecord } from "../rhythm/score/record";
import { type AfRecordScore, hasRhythms, scoreAf } from "../rhythm/score/rhythm";
import { readAnnotations } from "../wfdb/annotations";
import { isBeat } from "../wfdb/codes";
import { readHeader, type WfdbHeader } from "../wfdb/header";
import { requireAnalysable } from "./analysable";

export interface Comparison {
  lead: number;
  /** Fibrillation alone. */
  af: boolean;
}

/** What a comparison needs and a record lacks: an `.atr`, beats in it, its signal; rhythms in it. */
export type Lack = "annotations" | "beats" | "signal" | "rhythms";

export interface Scored {
  record: string;
  beats?: RecordScore;
  af?: AfRecordScore;
  lacks: Lack[];
}

/**
 * Compares what the record lets be compared.
 * @param path of the record, without `.hea`
 * @throws WfdbError; CliError for a lead or a rate that cannot be analysed
 */
export function scored(path: string, { lead, af }: Comparison): Scored {
  const result: Scored = { record: basename(path), lacks: [] };
  if (!existsSync(`${path}.atr`)) {
    result.lacks.push("annotations");
    return result;
  }
  const annotations = readAnnotations(`${path}.atr`);
  const header = readHeader(path);
  const signal = hasSignal(header);
  if (signal) {
    const rate = header.rate.num / header.rate.den;
    requireAnalysable("score", path, { rate, leads: header.signals.length }, lead);
  }
  if (!af) {
    if (!annotations.some(({ code }) => isBeat(code))) result.lacks.push("beats");
    else if (!signal) result.lacks.push("signal");
    else result.beats = { ...scoreRecord(path, lead), record: result.record };
  }
  if (hasRhythms(annotations)) result.af = { ...scoreAf(path, lead, signal), record: result.record };
  else result.lacks.push("rhythms");
  return result;
}

function hasSignal({ file, signals }: WfdbHeader): boolean {
  return signals.length > 0 && signals.every(({ fileName }) => existsSync(join(dirname(file), fileName)));
}
