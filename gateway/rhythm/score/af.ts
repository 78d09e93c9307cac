/**
 * Atrial fibrillation by episodes and by duration, as ANSI/AAMI EC57 compares runs of it, and by windows of equal length,
 * as papers do. Reference fibrillation is what is annotated "(AFIB"; flutter is not.
 */
import type { Annotation } from "../../wfdb/annotations";
import type { Episode } from "../types";
import type { Span } from "./beats";

export const WINDOW_SECONDS = 30;

export interface AfCounts {
  /** Fibrillation in the reference, in the test, in both. */
  reference: number;
  test: number;
  both: number;
  /** Of all that was compared. */
  seconds: number;
  /** Episodes of the reference, and those of them that any of the test's overlaps. */
  episodes: number;
  found: number;
  /** Episodes of the test, and those of them that overlap any of the reference's. */
  answers: number;
  right: number;
  /** Windows by majority: fibrillation in both, missed, false, in neither. */
  windows: { tp: number; fn: number; fp: number; tn: number };
}

/** Shares of 1; undefined where there is nothing to take a share of. */
export interface AfFigures extends AfCounts {
  durationSensitivity: number | undefined;
  durationPositivePredictivity: number | undefined;
  episodeSensitivity: number | undefined;
  episodePositivePredictivity: number | undefined;
  windowSensitivity: number | undefined;
  windowSpecificity: number | undefined;
  /** Of the time without fibrillation, what was said to be it; undefined of less than a window's time. */
  falseShare: number | undefined;
}

/** From each "(AFIB" to the next rhythm or the record's end. */
export function referenceAf(annotations: Annotation[], rate: number, seconds: number): Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const { sample, aux } of annotations) {
    if (!aux?.startsWith("(")) continue;
    const begins = aux.startsWith("(AFIB");
    if (!begins && from !== undefined) {
      spans.push({ from, to: sample / rate });
      from = undefined;
    } else if (begins) from ??= sample / rate;
  }
  if (from !== undefined) spans.push({ from, to: seconds });
  return spans;
}

/** Of an analysis; those that touch are one. */
export function testAf(episodes: Episode[], rate: number): Span[] {
  const spans: Span[] = [];
  for (const { from, to, rhythm } of episodes) {
    if (rhythm !== "af") continue;
    const last = spans.at(-1);
    if (last && from / rate <= last.to) last.to = Math.max(last.to, to / rate);
    else spans.push({ from: from / rate, to: to / rate });
  }
  return spans;
}

/** @param scope from where to where it is compared */
export function compareAf(reference: Span[], test: Span[], scope: Span): AfCounts {
  const a = clipped(reference, scope);
  const b = clipped(test, scope);
  const overlaps = (span: Span, others: Span[]) => others.some((other) => overlap(span, other) > 0);
  const windows = { tp: 0, fn: 0, fp: 0, tn: 0 };
  for (let from = scope.from; from + WINDOW_SECONDS <= scope.to; from += WINDOW_SECONDS) {
    const to = from + WINDOW_SECONDS;
    const window = { from, to };
    const is = 2 * covered(a, window) > to - from;
    const said = 2 * covered(b, window) > to - from;
    windows[is ? (said ? "tp" : "fn") : said ? "fp" : "tn"]++;
  }
  return {
    reference: lengthOf(a),
    test: lengthOf(b),
    both: a.reduce((sum, span) => sum + covered(b, span), 0),
    seconds: Math.max(0, scope.to - scope.from),
    episodes: a.length,
    found: a.filter((span) => overlaps(span, b)).length,
    answers: b.length,
    right: b.filter((span) => overlaps(span, a)).length,
    windows,
  };
}

export function afFigures(counts: AfCounts): AfFigures {
  const { tp, fn, fp, tn } = counts.windows;
  // CPSC 2021 ends records of fibrillation with an "(N" at their last sample: a share of that sample says nothing.
  const without = counts.seconds - counts.reference;
  return {
    ...counts,
    durationSensitivity: share(counts.both, counts.reference),
    durationPositivePredictivity: share(counts.both, counts.test),
    episodeSensitivity: share(counts.found, counts.episodes),
    episodePositivePredictivity: share(counts.right, counts.answers),
    windowSensitivity: share(tp, tp + fn),
    windowSpecificity: share(tn, tn + fp),
    falseShare: without < WINDOW_SECONDS ? undefined : share(counts.test - counts.both, without),
  };
}

const SHARES = [
  "durationSensitivity",
  "durationPositivePredictivity",
  "episodeSensitivity",
  "episodePositivePredictivity",
  "windowSensitivity",
  "windowSpecificity",
  "falseShare",
] as const;

/** Each record weighs the same; those with nothing to take a share of are left out. */
export function averageAf(records: AfFigures[]): Omit<AfFigures, keyof AfCounts> {
  const mean = (of: (typeof SHARES)[number]) => {
    const known = records.map((each) => each[of]).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return Object.fromEntries(SHARES.map((of) => [of, mean(of)])) as ReturnType<typeof averageAf>;
}

/** All records as though of one. */
export function grossAf(records: AfCounts[]): AfFigures {
  const sum = (of: (counts: AfCounts) => number) => records.reduce((total, each) => total + of(each), 0);
  return afFigures({
    reference: sum((each) => each.reference),
    test: sum((each) => each.test),
    both: sum((each) => each.both),
    seconds: sum((each) => each.seconds),
    episodes: sum((each) => each.episodes),
    found: sum((each) => each.found),
    answers: sum((each) => each.answers),
    right: sum((each) => each.right),
    windows: {
      tp: sum((each) => each.windows.tp),
      fn: sum((each) => each.windows.fn),
      fp: sum((each) => each.windows.fp),
      tn: sum((each) => each.windows.tn),
    },
  });
}

function clipped(spans: Span[], { from, to }: Span): Span[] {
  return spans
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter((span) => span.to > span.from);
}

function overlap(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

function covered(spans: Span[], by: Span): number {
  return spans.reduce((sum, span) => sum + overlap(span, by), 0);
}

function lengthOf(spans: Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
