/**
 * A short strip of one lead as a whole, as a handheld records it on demand: normal, fibrillation, another rhythm, or too
 * noisy to tell, as the PhysioNet/CinC Challenge 2017 names them. A forest that sees figures of the whole strip and
 * networks that see its beats one by one answer together.
 */
import { BeatDetector } from "../qrs/detector";
import { probabilities } from "../trees/forest";
import { type NamedForest, unpack, valuesFor } from "../trees/levels";
import { NETWORK_MODEL } from "./models/network";
import { STRIP_MODEL, STRIP_WEIGHTS } from "./models/strip";
import { run, unpackNetworks } from "./network";
import { BEAT_VALUES, beatSequence } from "./sequence";
import { WAVE_RATE, wavesOf } from "./signal";
import { windowFeatures } from "./window";

export const STRIP_CLASSES = ["N", "A", "O", "~"] as const;
export type StripClass = (typeof STRIP_CLASSES)[number];

/** Of the logarithms of what both say, the networks' share. */
const NETWORK_SHARE = 0.4;

const LEAST_INTERVALS = 2;

export interface StripAnswer {
  class: StripClass;
  /** 0 to 1. */
  confidence: number;
  /** Of each of {@link STRIP_CLASSES}. */
  probabilities: Float64Array;
}

export interface Strip {
  features: Record<string, number>;
  /** Of beatSequence. */
  sequence: Float64Array;
}

/** @param gain counts per millivolt; 0 is taken for 200 */
export function classifyStrip(samples: Int32Array, rate: number, gain: number): StripAnswer {
  const strip = readStrip(samples, rate, gain);
  // No strip that the models learnt from was so empty.
  if (strip.features.beats! < LEAST_INTERVALS)
    return { class: "~", confidence: 1, probabilities: Float64Array.of(0, 0, 0, 1) };
  return answerOf(blend(forestSays(strip.features), networksSay(strip.sequence)), STRIP_WEIGHTS);
}

export function readStrip(samples: Int32Array, rate: number, gain: number): Strip {
  const detector = new BeatDetector({ rate, gains: [gain] });
  const found = [...detector.push([samples]), ...detector.end()];
  const beats = found.map((beat) => ((beat + 0.5) * WAVE_RATE) / rate);
  const waves = wavesOf(samples, rate, gain);
  const sequence = beatSequence(waves, beats);
  return {
    features: windowFeatures(waves, { own: beats, around: beats, bad: [] }),
    sequence: sequence.length > 0 ? sequence : new Float64Array(BEAT_VALUES),
  };
}

let forest: NamedForest | undefined;
let networks: ReturnType<typeof unpackNetworks> | undefined;

/** Probabilities of {@link STRIP_CLASSES}. @param features of a strip or a window */
export function forestSays(features: Record<string, number>): Float64Array {
  forest ??= unpack(STRIP_MODEL);
  return probabilities(forest, valuesFor(forest, features));
}

function networksSay(sequence: Float64Array): Float64Array {
  networks ??= unpackNetworks(NETWORK_MODEL);
  const { shape, each } = networks;
  const sum = new Float64Array(shape.classes);
  for (const weights of each) {
    const said = run(shape, weights, sequence).probabilities;
    for (let k = 0; k < sum.length; k++) sum[k]! += said[k]! / each.length;
  }
  return sum;
}

/** The weighted geometric mean of both. */
export function blend(forestSaid: Float64Array, networkSaid: Float64Array): Float64Array {
  const both = forestSaid.map(
    (said, k) => (said + 1e-6) ** (1 - NETWORK_SHARE) * (networkSaid[k]! + 1e-6) ** NETWORK_SHARE,
  );
  const sum = both.reduce((a, b) => a + b, 0);
  return both.map((value) => value / sum);
}

/**
 * @param weights of each class: the mean of F1 over N, A and O is highest where rare classes are given the benefit of some
 * doubt
 */
export function answerOf(each: Float64Array, weights: ArrayLike<number>): StripAnswer {
  let best = 0;
  for (let k = 1; k < each.length; k++) if (each[k]! * weights[k]! > each[best]! * weights[best]!) best = k;
  return { class: STRIP_CLASSES[best]!, confidence: each[best]!, probabilities: each };
}
