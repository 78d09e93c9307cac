/** The shapes that a patient's beats take: a few running means, each with what is known of its beats. */
import { isCount } from "../state";
import { SHAPES, type Shape } from "./shape";
import { BEFORE, WINDOW_LENGTH } from "./window";

export const TEMPLATES = 12;
/** Room for means of features, whichever the reader of beats averages. */
const FEATURE_MEANS = 16;
/** The complex, for comparisons. */
const FROM = BEFORE - 20;
const LENGTH = 49;
/** How far a beat is moved to fit. */
const SHIFT = 6;
/** A beat belongs to a template when it differs by no more than so many times what its beats differ by, within bounds. */
const SPREAD = 3;
const LEAST_SAME = 0.85;
const MOST_SAME = 0.975;
/** Taken for a template's likeness to its beats before it has any. */
const EXPECTED = 0.97;
/** In electrode noise every beat has a shape of its own: a shape is known once it had so many beats. */
const KNOWN_BEATS = 4;
/** A template learns at least this share of a new beat. */
const LEARN = 1 / 24;
const UNJUDGED = 0.1;
const SHARPNESS = SHAPES.indexOf("sharpness");
const LEARN_LIKENESS = 1 / 8;
/** With every beat all templates' weights fade by this, so that the last few minutes count. */
const FADE = 1 - 1 / 160;

export interface Template {
  /** Beats that made it, fading; 0: unused. */
  weight: number;
  /** The same, of beats that came in time, and the next one too. */
  timely: number;
  /** Beats that made it, at all. */
  count: number;
  mean: Float64Array;
  /** Running means of the beats' measures, in the order of SHAPES. */
  shape: Float64Array;
  /** Running means: interval before, as share of the usual one; likeness to the mean. */
  early: number;
  likeness: number;
  /** Running means of its judged beats' features, and how many those were. */
  features: Float64Array;
  judged: number;
}

export function newTemplate(): Template {
  return {
    weight: 0,
    timely: 0,
    count: 0,
    mean: new Float64Array(WINDOW_LENGTH),
    shape: new Float64Array(SHAPES.length),
    early: 0,
    likeness: 0,
    features: new Float64Array(FEATURE_MEANS),
    judged: 0,
  };
}

/** Whether it can be gone on from: what counts for too much would count for hours. */
export function isSoundTemplate({ weight, timely, count, early, likeness, judged }: Template): boolean {
  const most = 1 + 1 / (1 - FADE);
  return (
    [weight, timely].every((beats) => beats >= 0 && beats <= most) &&
    [count, judged].every((beats) => isCount(beats)) &&
    Math.abs(early) <= 1e6 &&
    Math.abs(likeness) <= 2
  );
}

export interface Fit {
  /** -1 to 1 */
  likeness: number;
  /** Window samples that the beat lies behind the template. */
  shift: number;
}

/** Correlation of two windows' stretches of `length` from `from` on, the second moved by `shift`. */
export function correlation(
  a: Float64Array,
  b: Float64Array,
  from: number,
  length: number,
  shift: number,
): number {
  let sa = 0;
  let sb = 0;
  let saa = 0;
  let sbb = 0;
  let sab = 0;
  for (let k = from; k < from + length; k++) {
    const x = a[k]!;
    const y = b[k + shift]!;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const va = saa - (sa * sa) / length;
  const vb = sbb - (sb * sb) / length;
  return va > 1e-9 && vb > 1e-9 ? (sab - (sa * sb) / length) / Math.sqrt(va * vb) : 0;
}

/** Of a window's complex at each shift: the sum, and the variance times the length. */
const sums = new Float64Array(2 * SHIFT + 1);
const variances = new Float64Array(2 * SHIFT + 1);

function sumUp(window: Float64Array): void {
  for (let shift = -SHIFT; shift <= SHIFT; shift++) {
    let sum = 0;
    let squares = 0;
    for (let k = FROM + shift; k < FROM + LENGTH + shift; k++) {
      const value = window[k]!;
      sum += value;
      squares += value * value;
    }
    sums[shift + SHIFT] = sum;
    variances[shift + SHIFT] = squares - (sum * sum) / LENGTH;
  }
}

/** The best fit of a beat to a template's complex. */
export function fitTo(template: Template, window: Float64Array, into: Fit): void {
  sumUp(window);
  fitSummed(template.mean, window, into);
}

/** The same as the best of {@link correlation} over all shifts. @param window the one that was summed up last */
function fitSummed(mean: Float64Array, window: Float64Array, into: Fit): void {
  let sum = 0;
  let squares = 0;
  for (let k = FROM; k < FROM + LENGTH; k++) {
    const value = mean[k]!;
    sum += value;
    squares += value * value;
  }
  const variance = squares - (sum * sum) / LENGTH;
  into.likeness = -2;
  for (let shift = -SHIFT; shift <= SHIFT; shift++) {
    let products = 0;
    for (let k = FROM; k < FROM + LENGTH; k++) products += mean[k]! * window[k + shift]!;
    const other = variances[shift + SHIFT]!;
    const likeness =
      variance > 1e-9 && other > 1e-9
        ? (products - (sum * sums[shift + SHIFT]!) / LENGTH) / Math.sqrt(variance * other)
        : 0;
    if (likeness > into.likeness) {
      into.likeness = likeness;
      into.shift = shift;
    }
  }
}

const fit: Fit = { likeness: 0, shift: 0 };

export interface Learnt {
  /** Index of the beat's template. */
  template: number;
  /** The beat's likeness to the best of the shapes that are known; undefined where none is. */
  familiar: number | undefined;
}

/**
 * Finds the beat's template, or makes one of it, and teaches it.
 * @param early interval before the beat as a share of the usual one
 */
export function learn(templates: Template[], window: Float64Array, shape: Shape, early: number): Learnt {
  let familiar: number | undefined;
  let best = -1;
  let likeness = -2;
  let shift = 0;
  sumUp(window);
  for (let index = 0; index < templates.length; index++) {
    const template = templates[index]!;
    template.weight *= FADE;
    template.timely *= FADE;
    if (template.weight === 0) continue;
    const ratio = shape.height / template.shape[0]!;
    if (ratio < 0.4 || ratio > 2.5) continue;
    fitSummed(template.mean, window, fit);
    if (template.count >= KNOWN_BEATS) familiar = Math.max(familiar ?? -1, fit.likeness);
    const same = Math.max(LEAST_SAME, Math.min(MOST_SAME, 1 - SPREAD * (1 - template.likeness)));
    if (fit.likeness >= same && fit.likeness > likeness) {
      best = index;
      likeness = fit.likeness;
      shift = fit.shift;
    }
  }
  if (best < 0) {
    best = 0;
    for (let index = 1; index < templates.length; index++)
      if (templates[index]!.weight < templates[best]!.weight) best = index;
    const fresh = templates[best]!;
    fresh.weight = 0;
    fresh.timely = 0;
    fresh.count = 0;
    fresh.judged = 0;
    fresh.likeness = EXPECTED;
    likeness = EXPECTED;
    shift = 0;
  }
  const template = templates[best]!;
  template.count++;
  const share = Math.max(LEARN, 1 / template.count);
  const { mean } = template;
  for (let k = Math.max(0, -shift); k < WINDOW_LENGTH - Math.max(0, shift); k++)
    mean[k]! += share * (window[k + shift]! - mean[k]!);
  for (let k = 0; k < SHAPES.length; k++)
    template.shape[k]! += share * (shape[SHAPES[k]!] - template.shape[k]!);
  template.early += share * (early - template.early);
  template.likeness += Math.min(share, LEARN_LIKENESS) * (likeness - template.likeness);
  template.weight += 1;
  return { template: best, familiar };
}

/** The shape of the patient's usual beat: the one that came in time most often, a sharp one rather than a blunt one. */
export function dominant(templates: Template[]): number {
  let best = 0;
  let most = -1;
  for (let index = 0; index < templates.length; index++) {
    const { weight, timely, shape } = templates[index]!;
    const claim = (timely + UNJUDGED * weight) * shape[SHARPNESS]!;
    if (claim > most) {
      best = index;
      most = claim;
    }
  }
  return best;
}
