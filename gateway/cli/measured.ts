/** PR, QRS, QT and QTc of a record, told to programs. */
import type { Interval } from "../rhythm/intervals/measure";
import { AVERAGED_MS } from "../rhythm/intervals/measure";
import type { Measurement } from "../rhythm/intervals/meter";
import { INTERVAL_NAMES, type IntervalsSummary, isMeasured } from "../rhythm/intervals/summary";

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

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
