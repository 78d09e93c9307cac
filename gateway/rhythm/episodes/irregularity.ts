/** Fibrillation by the intervals between beats alone: a forest that was trained on day-long annotations. */
import { RR_MODEL } from "./models/rr";
import { rrFeatures } from "./rr";
import { probabilities, type TreesModel, unpack, valuesFor } from "./trees";

/** What it is given beside its window, in seconds: more of what was than of what has to be waited for. */
export const CONTEXT = { before: 60, behind: 15 };
/** No interval but an interruption, in seconds. */
export const LONGEST_INTERVAL = 6;

let model: TreesModel | undefined;

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

/** Probability that most of the window is fibrillation. @param features of {@link irregularityFeatures} */
export function fibrillationByIntervals(features: Record<string, number>): number {
  model ??= unpack(RR_MODEL);
  return probabilities(model, valuesFor(model, features))[1]!;
}
