/**
 * A short strip of one lead as a whole, as a handheld records it on demand: normal, fibrillation, another rhythm, or too
 * noisy to tell, as the PhysioNet/CinC Challenge 2017 names them.
 */
import { detectBeats } from "../score/record";
import { STRIP_MODEL } from "./models/strip";
import { WAVE_RATE, wavesOf } from "./signal";
import { probabilities, type TreesModel, unpack, valuesFor } from "./trees";
import { windowFeatures } from "./window";

export const STRIP_CLASSES = ["N", "A", "O", "~"] as const;
export type StripClass = (typeof STRIP_CLASSES)[number];

/**
 * Of each class's probability: the mean of F1 over N, A and O is highest where rare classes are given the benefit of some
 * doubt. Tuned on answers that the models gave to strips they had not seen.
 */
export const STRIP_WEIGHTS = [1, 1, 1, 1];

export interface StripAnswer {
  class: StripClass;
  /** 0 to 1. */
  confidence: number;
  /** Of each of {@link STRIP_CLASSES}. */
  probabilities: Float64Array;
}

let model: TreesModel | undefined;

/** @param gain counts per millivolt; 0 is taken for 200 */
export function classifyStrip(samples: Int32Array, rate: number, gain: number): StripAnswer {
  return stripAnswer(stripFeatures(samples, rate, gain));
}

/** @param features of a strip or a window */
export function stripAnswer(features: Record<string, number>): StripAnswer {
  model ??= unpack(STRIP_MODEL);
  const each = probabilities(model, valuesFor(model, features));
  let best = 0;
  for (let k = 1; k < each.length; k++)
    if (each[k]! * STRIP_WEIGHTS[k]! > each[best]! * STRIP_WEIGHTS[best]!) best = k;
  return { class: STRIP_CLASSES[best]!, confidence: each[best]!, probabilities: each };
}

export function stripFeatures(samples: Int32Array, rate: number, gain: number): Record<string, number> {
  const beats = detectBeats(samples, rate, gain).map((beat) => ((beat + 0.5) * WAVE_RATE) / rate);
  return windowFeatures(wavesOf(samples, rate, gain), { own: beats, around: beats });
}
