/** The intervals of a whole record: their medians and how far they went, in a memory that does not grow. */
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import { type Interval, type Intervals, UNMEASURABLE, type Unmeasurable } from "./measure";
import type { Measurement } from "./meter";

export const INTERVAL_NAMES = ["pr", "qrs", "qt", "qtcBazett", "qtcFridericia"] as const;
export type IntervalName = (typeof INTERVAL_NAMES)[number];

/** Milliseconds, of those stretches on which it could be measured; the mean of their confidences. */
export interface MeasuredRange {
  median: number;
  least: number;
  most: number;
  measured: number;
  confidence: number;
}

/** @property notMeasurable why it was not, for most of the time */
export type IntervalRange = MeasuredRange | { notMeasurable: Unmeasurable };

export interface IntervalsSummary extends Record<IntervalName, IntervalRange> {
  /** How many there were, and over how many beats was averaged in all. */
  stretches: number;
  beats: number;
}

/** Of one millisecond each; what is longer counts in the last. */
const BINS = 1000;

interface State {
  stretches: number;
  beats: number;
  /** Of each interval: how often it was so long, for how many samples not measurable for a reason; sum of confidences. */
  lengths: Float64Array;
  reasons: Float64Array;
  confidence: Float64Array;
}

export class IntervalsSum {
  private readonly state: State = {
    stretches: 0,
    beats: 0,
    lengths: new Float64Array(INTERVAL_NAMES.length * BINS),
    reasons: new Float64Array(INTERVAL_NAMES.length * UNMEASURABLE.length),
    confidence: new Float64Array(INTERVAL_NAMES.length),
  };

  constructor(resumed?: Saved) {
    if (!resumed) return;
    restore(this.state, resumed, "summing up intervals");
    const { stretches, beats, lengths, reasons, confidence } = this.state;
    requireSound("summing up intervals", {
      stretches: isCount(stretches) && isCount(beats),
      lengths: lengths.every((count) => isCount(count, stretches)),
      reasons: reasons.every((samples) => isCount(samples)),
      confidence: confidence.every((sum) => sum >= 0 && sum <= stretches),
    });
  }

  add(measurement: Measurement): void {
    const { state } = this;
    state.stretches++;
    state.beats += measurement.evidence.length;
    for (const [k, name] of INTERVAL_NAMES.entries())
      this.count(k, measurement[name], measurement.to - measurement.from);
  }

  /** @returns undefined where nothing was there to measure on */
  summary(): IntervalsSummary | undefined {
    const { stretches, beats } = this.state;
    if (stretches === 0) return undefined;
    const ranges = INTERVAL_NAMES.map((name, k) => [name, this.range(k)]);
    return { stretches, beats, ...(Object.fromEntries(ranges) as Record<IntervalName, IntervalRange>) };
  }

  save(): Saved {
    return saved(this.state);
  }

  private count(k: number, interval: Intervals[IntervalName], samples: number): void {
    const { lengths, reasons, confidence } = this.state;
    if (isMeasured(interval)) {
      lengths[k * BINS + Math.min(BINS - 1, Math.round(interval.ms))]!++;
      confidence[k]! += interval.confidence;
    } else reasons[k * UNMEASURABLE.length + UNMEASURABLE.indexOf(interval.notMeasurable)]! += samples;
  }

  private range(k: number): IntervalRange {
    const { lengths, reasons, confidence } = this.state;
    const own = lengths.subarray(k * BINS, (k + 1) * BINS);
    const measured = own.reduce((sum, count) => sum + count, 0);
    if (measured === 0) {
      const why = reasons.subarray(k * UNMEASURABLE.length, (k + 1) * UNMEASURABLE.length);
      return { notMeasurable: UNMEASURABLE[why.indexOf(Math.max(...why))]! };
    }
    let median = -1;
    for (let below = 0; below < measured / 2; ) below += own[++median]!;
    return {
      median,
      least: own.findIndex((count) => count > 0),
      most: own.findLastIndex((count) => count > 0),
      measured,
      confidence: confidence[k]! / measured,
    };
  }
}

export function isMeasured(interval: Interval): interval is Extract<Interval, { ms: number }> {
  return "ms" in interval;
}
