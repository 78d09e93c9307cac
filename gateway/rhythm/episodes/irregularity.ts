/** Fibrillation by the intervals between beats alone: a forest that was trained on day-long annotations. */

import { type Forest, probabilities } from "../trees/forest";
import { unpack } from "../trees/levels";
import { RR_MODEL } from "./models/rr";
import { rrFeatures } from "./rr";

/** What it is given beside its window, in seconds: more of what was than of what has to be waited for. */
export const CONTEXT = { before: 60, behind: 15 };
/** No interval but an interruption, in seconds. */
export const LONGEST_INTERVAL = 6;
const WIDE = "wide.";

/** Features of rrFeatures. */
export interface Irregularity {
  own: Record<string, number>;
  around: Record<string, number>;
}

/**
 * @param own intervals in seconds that end within the window
 * @param around those of the window and {@link CONTEXT}, as far as they are known
 */
export function irregularityOf(own: number[], around: number[]): Irregularity {
  const features = rrFeatures(own);
  return { own: features, around: own.length === around.length ? features : rrFeatures(around) };
}

/** Both by name: the intervals' own, and "wide." those around. */
export function namedFeatures({ own, around }: Irregularity): Record<string, number> {
  const features = { ...own };
  for (const [name, value] of Object.entries(around)) features[`${WIDE}${name}`] = value;
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

/** One window after the other, from second 0 to the last beat. @param beats seconds, ascending */
export function* windowsByIntervals(
  beats: ArrayLike<number>,
  seconds: number,
): Generator<{ from: number; to: number; irregularity: Irregularity }> {
  const end = beats.length > 0 ? beats[beats.length - 1]! : 0;
  const edges = [1, 1, 1, 1];
  for (let from = 0; from + seconds <= end; from += seconds) {
    const to = from + seconds;
    for (const [k, edge] of [from - CONTEXT.before, from, to, to + CONTEXT.behind].entries())
      while (edges[k]! < beats.length && beats[edges[k]!]! < edge) edges[k]!++;
    const own = intervalsOf(beats, edges[1]!, edges[2]!);
    yield { from, to, irregularity: irregularityOf(own, intervalsOf(beats, edges[0]!, edges[3]!)) };
  }
}

interface Model {
  forest: Forest;
  /** What it asks for, in its order: of the window's own intervals or of those around, and by which name. */
  asked: { of: keyof Irregularity; name: string }[];
}

let model: Model | undefined;

function unpacked(): Model {
  const forest = unpack(RR_MODEL);
  const asked = forest.names.map((name): Model["asked"][number] =>
    name.startsWith(WIDE) ? { of: "around", name: name.slice(WIDE.length) } : { of: "own", name },
  );
  return { forest, asked };
}

/** Probability that most of the window is fibrillation. */
export function fibrillationByIntervals(irregularity: Irregularity): number {
  model ??= unpacked();
  const { forest, asked } = model;
  const values = new Float64Array(asked.length);
  for (let k = 0; k < asked.length; k++) {
    const { of, name } = asked[k]!;
    values[k] = irregularity[of][name] ?? Number.NaN;
  }
  return probabilities(forest, values)[1]!;
}
