/** PR, QRS, QT and QTc of a record, told to people and to programs. */
import type { Interval, Unmeasurable } from "../rhythm/intervals/measure";
import { AVERAGED_MS } from "../rhythm/intervals/measure";
import type { Measurement } from "../rhythm/intervals/meter";
import {
  INTERVAL_NAMES,
  type IntervalRange,
  type IntervalsSummary,
  isMeasured,
} from "../rhythm/intervals/summary";
import { counted } from "./text";

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

const REASONS: Record<Unmeasurable, string> = {
  absent: "no such wave",
  flat: "the wave is too flat",
  merged: "waves run into each other",
  noisy: "too noisy",
  fibrillation: "possible AF",
  paced: "paced",
  tooFewBeats: "too few normal beats in a row",
  hidden: "this lead does not show all of it",
  disagreement: "the beats do not agree",
};

/** One line for people: medians, and what cannot be measured with the reason. */
export function intervalsLine(summary: IntervalsSummary | undefined): string {
  if (!summary) return "not measurable: not readable";
  const { pr, qrs, qt, qtcBazett, qtcFridericia, stretches, beats } = summary;
  const shares = (range: { measured: number }) =>
    2 * range.measured < stretches ? ` (in ${range.measured} of ${stretches} stretches)` : "";
  const parts: string[] = [];
  const missing = new Map<string, string[]>();
  for (const [name, range] of [
    ["PR", pr],
    ["QRS", qrs],
    ["QT", qt],
  ] as [string, IntervalRange][])
    if ("median" in range) parts.push(`${name} ${range.median} ms${shares(range)}`);
    else {
      const why = REASONS[range.notMeasurable];
      missing.set(why, [...(missing.get(why) ?? []), name]);
    }
  if ("median" in qtcBazett && "median" in qtcFridericia)
    parts.push(`QTc ${qtcBazett.median} ms (Bazett) / ${qtcFridericia.median} (Fridericia)`);
  for (const [why, names] of missing) parts.push(`${names.join(", ")} not measurable: ${why}`);
  if (beats > 0) parts.push(`averaged over ${counted(beats, "beat")}`);
  return parts.join(", ");
}

/** @returns what {@link IntervalsSummary} holds, null where nothing could be read */
export function summaryOfIntervals(summary: IntervalsSummary | undefined) {
  if (!summary) return null;
  const { stretches, beats } = summary;
  const ranges = INTERVAL_NAMES.map((name) => {
    const range = summary[name];
    return [name, "median" in range ? { ...range, confidence: rounded(range.confidence, 3) } : range];
  });
  return { stretches, beats, ...Object.fromEntries(ranges) };
}

/** One minute's: milliseconds, sample numbers of the beats averaged, and what of their surroundings was. */
export function measurementForPrograms(measurement: Measurement) {
  const { from, to, rrMs, edges, evidence } = measurement;
  const told = (interval: Interval) =>
    isMeasured(interval)
      ? { ms: rounded(interval.ms, 1), confidence: rounded(interval.confidence, 3) }
      : interval;
  return {
    from,
    to,
    ...Object.fromEntries(INTERVAL_NAMES.map((name) => [name, told(measurement[name])])),
    rrMs: rounded(rrMs, 1),
    evidence: {
      beats: evidence,
      fromMs: -AVERAGED_MS.before,
      toMs: AVERAGED_MS.behind,
      edges: Object.fromEntries(Object.entries(edges).map(([edge, ms]) => [edge, rounded(ms, 1)])),
    },
  };
}
