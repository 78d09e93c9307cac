/** All that is known of a window of one lead before a rhythm is named. */
import { fibrillationByIntervals, type Irregularity, irregularityOf, LONGEST_INTERVAL } from "./irregularity";
import { WAVE_RATE } from "./signal";
import { type Shaped, shapedOf, waveFeatures } from "./waves";

/** Wave samples, ascending. */
export interface WindowBeats {
  /** Of the window. */
  own: number[];
  /** Of the window and its context; the window's own where there is none. */
  around: number[];
  /** What could not be read: an interval that it touches is none. */
  bad: { from: number; to: number }[];
}

/**
 * @param waves the window in millivolts at {@link WAVE_RATE}
 * @param beats counted from its first sample
 * @returns features by name, always the same names in the same order
 */
export function windowFeatures(waves: Float64Array, beats: WindowBeats): Record<string, number> {
  const irregularity = irregularityIn(beats);
  return allFeatures(fibrillationByIntervals(irregularity), irregularity.own, shapedOf(waves, beats.own));
}

export function irregularityIn({ own, around, bad }: WindowBeats): Irregularity {
  return irregularityOf(intervalsOf(own, bad), intervalsOf(around, bad));
}

/**
 * @param intervalsAf what the model of intervals makes of them
 * @param intervals of rrFeatures
 * @returns all, in the order of windowFeatures
 */
export function allFeatures(
  intervalsAf: number,
  intervals: Record<string, number>,
  shaped: Shaped,
): Record<string, number> {
  return { intervalsAf, ...intervals, ...waveFeatures(shaped) };
}

/** Whether all signal from one beat to another could be read. Any unit, the same for all. */
export function readable(from: number, to: number, bad: WindowBeats["bad"]): boolean {
  return !bad.some((span) => span.from <= to && span.to > from);
}

/** Seconds between beats, without interruptions. */
function intervalsOf(beats: number[], bad: WindowBeats["bad"]): number[] {
  const intervals: number[] = [];
  for (let i = 1; i < beats.length; i++) {
    const interval = (beats[i]! - beats[i - 1]!) / WAVE_RATE;
    if (interval < LONGEST_INTERVAL && readable(beats[i - 1]!, beats[i]!, bad)) intervals.push(interval);
  }
  return intervals;
}
