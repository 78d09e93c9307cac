/** A first reading of a stretch, for formats that must know what they will hold before they begin. */

import { type Absence, Absences } from "../document/signal";
import type { Stretch } from "../document/study";
import { StoreError } from "../store/errors";
import type { Piece } from "../store/infos";
import type { ExportSource } from "./source";

export interface Survey {
  /** Where samples are, in order; neighbours are one. Never empty. */
  runs: Stretch[];
  absences: Absence[];
  /** The least and the greatest sample of any lead. */
  low: number;
  high: number;
}

/** @throws EXPORT_EMPTY where the store holds no sample of the stretch; FRAME_TAG, BLOCK_* */
export function survey({ reader, study }: Pick<ExportSource, "reader" | "study">): Survey {
  const { info, from, to } = study;
  const absences = new Absences(reader, info, from);
  const runs: Stretch[] = [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { firstSample, samples } of study.pieces()) {
    const end = firstSample + samples[0]!.length;
    if (end === firstSample) continue;
    absences.upTo(firstSample, end);
    const last = runs.at(-1);
    if (last && firstSample <= last.to) last.to = Math.max(last.to, end);
    else runs.push({ from: firstSample, to: end });
    for (const values of samples) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  }
  absences.upTo(to, to);
  if (runs.length === 0)
    throw new StoreError(
      "EXPORT_EMPTY",
      `nothing of ${info.id} is here to be exported: none of its samples has arrived. Bring the handheld near and try again`,
    );
  return { runs, absences: absences.list, low, high };
}

/**
 * The samples of surveyed runs, each once and in order. What arrived since the survey is left out: a header that was
 * made from it must stay true.
 */
export function* surveyed(study: Pick<ExportSource["study"], "pieces">, runs: Stretch[]): Generator<Piece> {
  let position = runs[0]!.from;
  let at = 0;
  for (const { firstSample, samples } of study.pieces()) {
    const end = firstSample + samples[0]!.length;
    for (; at < runs.length && runs[at]!.from < end; at++) {
      const run = runs[at]!;
      const from = Math.max(position, firstSample, run.from);
      const to = Math.min(end, run.to);
      if (from < to) {
        position = to;
        yield {
          firstSample: from,
          samples: samples.map((values) => values.subarray(from - firstSample, to - firstSample)),
        };
      }
      if (run.to > end) break;
    }
  }
}
