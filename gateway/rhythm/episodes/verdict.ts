/** Which rhythm a measured window has. */
import type { Beat, Rhythm } from "../types";
import { fibrillationBySignal } from "./fibrillation";
import { canBeComplexes } from "./form";
import { forestSays } from "./strip";
import { type MeasuredWindow, WINDOW_SECONDS } from "./windows";

export interface Verdict {
  rhythm: Rhythm;
  /** 0 to 1. */
  confidence: number;
  /** Beats per minute; 0 where they cannot be counted. */
  rate: number;
}

/** Beats per minute beyond which a rhythm is fast or slow. */
export const TACHY_RATE = 100;
export const BRADY_RATE = 50;
const NO_LONGER_ECTOPY_RATE = 150;
/** Of the seconds, how many must be analysable. */
const ANALYSABLE = 0.5;
/** Probability from which a window is called too noisy. */
const NOISY = 0.6;
/** Median likeness to the usual complex below which complexes have nothing in common: what was found are no beats. */
const LIKENESS = 0.7;
/** From which fibrillation begins, and from which it goes on: it seldom stops for half a minute. */
export const FIBRILLATION = { begins: 0.45, goesOn: 0.15 };
/** A median change between eight neighbouring intervals, as a share of the usual one, from which a stretch is looked for. */
export const RESTLESS = 0.06;
/**
 * Where neither intervals nor complexes leave a doubt, the atria are not looked at: intervals that say less than this of
 * fibrillation and are restless nowhere, complexes more alike than this. Of the 3,690 half minutes of DS1, its Noise
 * Stress records and CPSC 2021, 1,445 are so: in none of them did the models that look at waves say more than 2 % of
 * fibrillation, or more than 1 % of noise.
 */
const CALM = { intervals: 0.02, likeness: 0.95 };
/** Share of ectopic beats from which they are frequent, and their least number. */
const ECTOPIC_SHARE = 0.1;
const ECTOPIC_LEAST = 3;
/** Median change from interval to interval, as a share of the usual one, from which a rhythm is irregular. */
const IRREGULAR = 0.1;
/** Intervals that could be read. */
export const LEAST_INTERVALS = 2;

/**
 * Of signal between gaps, from which a rate is told, and from which whether beats are regular: the shortest strips that
 * the models have seen are 9 s.
 */
const LEAST_SECONDS = { rate: 5, regularity: 9 };

export const UNREADABLE: Verdict = { rhythm: "unreadable", confidence: 1, rate: 0 };

const isEctopic = ({ class: kind }: Beat) => kind === "V" || kind === "S" || kind === "F";

/** @param before the rhythm of the window right before, if there is one */
export function verdictOf(window: MeasuredWindow, before: Rhythm | undefined): Verdict {
  const verdict = ofWhole(window, before);
  const { rhythm } = verdict;
  const isShort = window.seconds < LEAST_SECONDS.regularity;
  return isShort && (rhythm === "af" || rhythm === "other") ? UNREADABLE : verdict;
}

function ofWhole(window: MeasuredWindow, before: Rhythm | undefined): Verdict {
  const { beats, intervals, likeness } = window;
  if (window.seconds < LEAST_SECONDS.rate || window.analysable < ANALYSABLE) return UNREADABLE;
  if (!(intervals.beats! >= LEAST_INTERVALS)) return UNREADABLE;
  if (!(likeness >= LIKENESS) || !canBeComplexes(window.form)) return UNREADABLE;
  // What fibrillated is looked at: it may go on more regularly.
  if (before !== "af" && isCalm(window)) return withoutFibrillation(beats, intervals, 1 - window.intervalsAf);
  const features = window.features();
  const noisy = forestSays(features)[3]!;
  if (noisy > NOISY) return { rhythm: "unreadable", confidence: noisy, rate: 0 };
  const rate = 60 / (features.mean ?? Number.NaN);
  const fibrillation = fibrillationBySignal(features);
  const limit = before === "af" ? FIBRILLATION.goesOn : FIBRILLATION.begins;
  // What is regular but for ventricular beats and what follows them does not fibrillate.
  const provoked = window.unprovoked !== undefined && window.unprovoked < 0.5;
  if (fibrillation > limit && !provoked) return { rhythm: "af", confidence: fibrillation, rate };
  return withoutFibrillation(
    beats,
    features,
    1 - Math.max(noisy, provoked ? window.unprovoked! : fibrillation),
  );
}

function isCalm({ analysable, intervals, intervalsAf, likeness, seconds }: MeasuredWindow): boolean {
  return (
    seconds === WINDOW_SECONDS &&
    analysable === 1 &&
    likeness > CALM.likeness &&
    intervalsAf < CALM.intervals &&
    !(intervals.localMost! > RESTLESS)
  );
}

/** @param features of the intervals between the beats, of rrFeatures */
export function withoutFibrillation(
  beats: Beat[],
  features: Record<string, number>,
  confidence: number,
): Verdict {
  const rate = 60 / (features.mean ?? Number.NaN);
  // No heart is so fast between its extra beats: they are what is fast.
  if (rate > NO_LONGER_ECTOPY_RATE) return { rhythm: "tachy", confidence, rate };
  const ectopic = beats.filter(isEctopic).length;
  if (ectopic >= ECTOPIC_LEAST && ectopic >= ECTOPIC_SHARE * beats.length)
    return { rhythm: "ectopy", confidence, rate };
  if (rate > TACHY_RATE) return { rhythm: "tachy", confidence, rate };
  if (rate < BRADY_RATE) return { rhythm: "brady", confidence, rate };
  return { rhythm: features.stepMedian! > IRREGULAR ? "other" : "sinus", confidence, rate };
}
