/** Fibrillation by the intervals between beats alone: a forest that was trained on day-long annotations. */

import { probabilities } from "../trees/forest";
import { type NamedForest, unpack, valuesFor } from "../trees/levels";
import { RR_MODEL } from "./models/rr";
import { rrFeatures } from "./rr";

/** What it is given beside its window, in seconds: more of what was than of what has to be waited for. */
export const CONTEXT = { before: 60, behind: 15 };
/** No interval but an interruption, in seconds. */
export const LONGEST_INTERVAL = 6;

let model: NamedForest | undefined;

/**
 * @param own intervals in seconds that end within the window
 * @param around those of the window and {@link CONTEXT}, as far as they are known
 * @returns features by name: the intervals' own, and "wide." those around
 */
export function irregularityFeatures(own: number[], around: number[]): Record<string, number> {
  const features = rrFeatures(own);
  if (own.length === around.length) {
    for (const [name, value] of Object.entries(features)) features[`wide.${name}`] = value;
    return features;
  }
  for (const [name, value] of Object.entries(rrFeatures(around))) features[`wide.${name}`] = value;
  return features;
}

/** Seconds between beats, of those that end at the beats `from` up to, not including, `to`. @param beats seconds */
export function intervalsOf(beats: ArrayLike<number>, from: number, to: number): number[] {
  const found: number[] = [];
  for (let i = Math.max(1, from); i < to; i++) {
    const interval = beats[i]! - beats[i - 1]!;
    if (interval < LONGEST_INTERVAL) found.push(interval);
  }
  return found;
}

/** Features of one window after the other, from second 0 to the last beat. @param beats seconds, ascending */
export function* windowsByIntervals(
  beats: ArrayLike<number>,
  seconds: number,
): Generator<{ from: number; to: number; features: Record<string, number> }> {
  const end = beats.length > 0 ? beats[beats.length - 1]! : 0;
  const edges = [1, 1, 1, 1];
  for (let from = 0; from + seconds <= end; from += seconds) {
    const to = from + seconds;
    for (const [k, edge] of [from - CONTEXT.before, from, to, to + CONTEXT.behind].entries())
      while (edges[k]! < beats.length && beats[edges[k]!]! < edge) edges[k]!++;
    const own = intervalsOf(beats, edges[1]!, edges[2]!);
    yield { from, to, features: irregularityFeatures(own, intervalsOf(beats, edges[0]!, edges[3]!)) };
  }
}

/** Probability that most of the window is fibrillation. @param features of {@link irregularityFeatures} */
export function fibrillationByIntervals(features: Record<string, number>): number {
  model ??= unpack(RR_MODEL);
  return probabilities(model, valuesFor(model, features))[1]!;
}
