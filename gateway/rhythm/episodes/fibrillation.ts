/**
 * Fibrillation by intervals and by the atria together: what is irregular everywhere and has no wave before its complexes.
 * Of all that is measured it is given what means the same on any front end.
 */

import { probabilities } from "../trees/forest";
import { type NamedForest, unpack, valuesFor } from "../trees/levels";
import { AF_MODEL } from "./models/af";

export const FIBRILLATION_FEATURES = [
  "intervalsAf",
  "beats",
  "usual",
  "spread",
  "rmssd",
  "stepQ25",
  "stepMedian",
  "stepQ75",
  "turning",
  "alternation",
  "lag1",
  "lag2",
  "slowness",
  "planeEntropy",
  "sampleEntropy1",
  "coefficient",
  "words",
  "early",
  "pairs",
  "longestRegular",
  "cleanShare",
  "cleanRmssd",
  "cleanStepMedian",
  "twoModes",
  "twoModesApart",
  "localLeast",
  "lorenz",
  "usualShare",
  "likenessMedian",
  "unlike80",
  "earlyStrange",
  "strangeEarliness",
  "shapedSpread",
  "shapedStepMedian",
  "pPresent",
  "pShifted",
  "pShiftSpread",
  "pCommon",
  "pHeight",
  "pDepth",
  "pLikenessMean",
  "pLikeness25",
  "pEachSpread",
  "pPlaceSpread",
  "pPlaceMiddle",
  "pOverNoise",
  "quietSpread",
  "rest2",
  "rest4",
  "rest6",
  "restTop",
  "restTopHz",
  "fastMedian",
  "between",
];

let model: NamedForest | undefined;

/** Probability that most of a window is fibrillation. @param features of windowFeatures */
export function fibrillationBySignal(features: Record<string, number>): number {
  model ??= unpack(AF_MODEL);
  return probabilities(model, valuesFor(model, features))[1]!;
}
