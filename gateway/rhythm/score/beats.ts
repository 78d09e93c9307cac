/** Detections held against a record's reference beats: counts, and the statistics that EC57 makes of them. */
import type { Annotation } from "../../wfdb/annotations";
import { isBeat } from "../../wfdb/codes";
import { pairBeats, WINDOW_SECONDS } from "./pair";

/** EC57 gives a detector so long to learn a patient: its own report begins behind it. */
export const LEARNING_SECONDS = 300;

/** Samples `from` up to, not including, `to`. */
export interface Span {
  from: number;
  to: number;
}

export interface BeatCounts {
  /** Reference beats that were found. */
  found: number;
  missed: number;
  /** Detections where no beat is. */
  extra: number;
}

export interface BeatFigures extends BeatCounts {
  /** Shares of 1; undefined where there is nothing to take a share of. */
  sensitivity: number | undefined;
  positivePredictivity: number | undefined;
  /** 2 · found / (2 · found + missed + extra) */
  f1: number | undefined;
}

/** Sample numbers of the reference's beats. */
export function referenceBeats(annotations: Annotation[]): number[] {
  return annotations.filter(({ code }) => isBeat(code)).map(({ sample }) => sample);
}

/** Ventricular fibrillation or flutter, from `[` to `]` or the record's end: EC57 compares no beats there. */
export function fibrillation(annotations: Annotation[], samples: number): Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const { sample, symbol } of annotations) {
    if (symbol === "[") from ??= sample;
    else if (symbol === "]" && from !== undefined) {
      spans.push({ from, to: sample + 1 });
      from = undefined;
    }
  }
  if (from !== undefined) spans.push({ from, to: samples });
  return spans;
}

/**
 * Pairs all of both lists, then counts from sample `from` on and outside `excluded`: a pair where its reference beat
 * lies, so that no pair is torn at a border.
 */
export function compareBeats(
  reference: ArrayLike<number>,
  test: ArrayLike<number>,
  scope: { rate: number; from: number; excluded: Span[] },
): BeatCounts {
  const window = Math.round(WINDOW_SECONDS * scope.rate);
  const pairs = pairBeats(reference, test, window);
  const counted = (sample: number) =>
    sample >= scope.from && !scope.excluded.some(({ from, to }) => sample >= from && sample < to);
  const counts = { found: 0, missed: 0, extra: 0 };
  for (let r = 0; r < reference.length; r++) {
    if (!counted(reference[r]!)) continue;
    if (pairs.reference[r]! < 0) counts.missed++;
    else counts.found++;
  }
  for (let t = 0; t < test.length; t++) if (pairs.test[t]! < 0 && counted(test[t]!)) counts.extra++;
  return counts;
}

export function figures(counts: BeatCounts): BeatFigures {
  const { found, missed, extra } = counts;
  return {
    ...counts,
    sensitivity: share(found, found + missed),
    positivePredictivity: share(found, found + extra),
    f1: share(2 * found, 2 * found + missed + extra),
  };
}

/** All beats of all records as though of one. */
export function gross(records: BeatCounts[]): BeatFigures {
  const sum = (of: keyof BeatCounts) => records.reduce((total, counts) => total + counts[of], 0);
  return figures({ found: sum("found"), missed: sum("missed"), extra: sum("extra") });
}

/** Each record weighs the same; those with nothing to take a share of are left out. */
export function average(records: BeatCounts[]): Omit<BeatFigures, keyof BeatCounts> {
  const all = records.map(figures);
  const mean = (of: "sensitivity" | "positivePredictivity" | "f1") => {
    const known = all.map((each) => each[of]).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return {
    sensitivity: mean("sensitivity"),
    positivePredictivity: mean("positivePredictivity"),
    f1: mean("f1"),
  };
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
