/**
 * What a beat is judged by: its intervals against the usual one, its shape against the shapes of the patient's other
 * beats, and what comes before it where a P wave would be. A beat's features are final when the two beats behind it
 * are known, or {@link PATIENCE_SECONDS} after it.
 */
import { medianOf } from "../qrs/median";
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import { predict } from "../trees/forest";
import { decodeForest } from "../trees/nodes";
import { type Clearness, newClearness, note, strange, unclear } from "./clearness";
import { hasSpike, isBareSpike } from "./pacing";
import { measure, newShape, SHAPES } from "./shape";
import {
  correlation,
  dominant,
  type Fit,
  fitTo,
  isSoundTemplate,
  learn,
  newTemplate,
  TEMPLATES,
  type Template,
} from "./templates";
import { KEPT_INTERVALS, measureTiming, TIMINGS } from "./timing";
import { TIMING_FOREST } from "./timing-model";
import { append, BEFORE, cut, newRing, type SignalRing, WINDOW_LENGTH } from "./window";

/** So long after a beat the next two are no longer waited for. */
export const PATIENCE_SECONDS = 4;

export const FEATURES = [
  "before",
  "behind",
  "beforeToLast",
  "behindToBefore",
  "both",
  "next",
  "beforeToAll",
  "behindToAll",
  "usual",
  "irregular",
  "rank",
  "likeness",
  "lastLikeness",
  "nextLikeness",
  "height",
  "width",
  "widthRatio",
  "area",
  "areaRatio",
  "sharpness",
  "sharpnessRatio",
  "spread",
  "spreadRatio",
  "steepness",
  "polarity",
  "polarityChange",
  "after",
  "afterChange",
  "onset",
  "own",
  "ownShare",
  "ownEarly",
  "ownWidth",
  "ownLikeness",
  "usualWidth",
  "usualShare",
  "pLikeness",
  "pRest",
  "pUsual",
  "pHere",
  "tLikeness",
  "noise",
  "allBefore",
  "allBehind",
  "allBoth",
  "allLikeness",
  "allWidth",
  "allSpread",
  "allSharpness",
  "allArea",
  "allPLikeness",
  "allPRest",
  "allTLikeness",
  "allAfterChange",
  "allPolarityChange",
  "allHeight",
  "meanLikeness",
  "meanWidth",
  "meanSpread",
  "meanSharpness",
  "meanArea",
  "meanPLikeness",
  "meanPRest",
  "meanTLikeness",
  "pace",
  "timedEarly",
  "timedWide",
] as const;

/** Those of the signal and of its own time; what comes behind them is learnt from other hearts' intervals. */
export const OWN_FEATURES = FEATURES.indexOf("pace");

export type Feature = (typeof FEATURES)[number];
const F = Object.fromEntries(FEATURES.map((name, index) => [name, index])) as Record<Feature, number>;
const COUNT = FEATURES.length;

/** Also taken as means over the beats of a shape: what a single beat tells of its kind is noisy. */
const AVERAGED: Feature[] = [
  "before",
  "behind",
  "both",
  "likeness",
  "widthRatio",
  "spreadRatio",
  "sharpnessRatio",
  "areaRatio",
  "pLikeness",
  "pRest",
  "tLikeness",
  "afterChange",
  "polarityChange",
  "height",
];
/** A shape's means follow at least so quickly. */
const FOLLOW = 1 / 64;

/** Window samples where a P wave would be, and the T wave. */
const P_FROM = BEFORE - 48;
const P_LENGTH = 34;
const T_FROM = BEFORE + 30;
const T_LENGTH = 44;

const IRREGULAR = TIMINGS.indexOf("irregularLong");
const HISTORY = 16;
const REGULAR = 9;
const QUEUE = 4;
/** Beats whose mean interval is the pace that a run of quick beats is held against. */
const PACE_BEATS = 250;
/** Added to probabilities before their odds are taken. */
const LEAST_ODDS = 1e-4;
/** Without two usual beats in a row for so many beats, the usual interval is no longer believed. */
const STALE = 8;

/** A beat that is ready to be judged. */
export interface Row {
  sample: number;
  features: Float64Array;
  /** Which of the patient's shapes it has; another shape may take the place of one that is rare. */
  template: number;
  /** Beats of that shape so far, this one included: 1 where it is new. */
  count: number;
  /** Whether a pacemaker's spike came with it. */
  spike: boolean;
  /** How much the signal around it lacks to be clear: above 0, noise may have made its shape. */
  unclear: number;
  /** How much it lacks itself of any known shape. */
  strange: number;
  /** Median change from interval to interval over the last minute, as a share of the usual one. */
  irregular: number;
}

interface State {
  ring: SignalRing;
  templates: Template[];
  /** Beats since the origin, of which `judged` are out. */
  beats: number;
  judged: number;
  /** By beat, as rings: sample, features, shape. */
  samples: Float64Array;
  rows: Float64Array;
  shapes: Float64Array;
  counts: Float64Array;
  spikes: Float64Array;
  clearness: Clearness;
  /** Intervals in samples; those between two usual beats. */
  intervals: Float64Array;
  /** The same as a longer ring: see {@link measureTiming}. */
  kept: Float64Array;
  /** Mean interval of the last minutes. */
  pace: number;
  regular: Float64Array;
  regulars: number;
  lastUsual: number;
  lastRegular: number;
}

export class FeatureReader {
  private state: State;
  private readonly window = new Float64Array(WINDOW_LENGTH);
  private readonly shape = newShape();
  private readonly fit: Fit = { likeness: 0, shift: 0 };
  private readonly scratch = new Float64Array(HISTORY);
  private readonly timing = new Float64Array(TIMINGS.length);
  private readonly odds = new Float64Array(3);
  private readonly millivolts: number;

  constructor(
    private readonly rate: number,
    gain: number,
    resumed?: Saved,
  ) {
    this.millivolts = 1 / (Math.abs(gain) || 200);
    this.state = newState(rate, 0);
    if (!resumed) return;
    restore(this.state, resumed, "measuring beats");
    const { ring, templates, beats, judged, samples, shapes, regulars, lastRegular } = this.state;
    const known = Math.min(beats, QUEUE);
    requireSound("measuring beats", {
      ring: isCount(ring.origin, ring.next) && isCount(ring.next),
      beats: isCount(judged) && isCount(beats - judged, QUEUE),
      samples: samples.subarray(0, known).every((sample) => isCount(sample, ring.next)),
      shapes: shapes.every((shape) => isCount(shape, TEMPLATES - 1)),
      templates: templates.every(isSoundTemplate),
      regulars: isCount(regulars) && isCount(lastRegular, beats),
    });
  }

  /** Takes signal: no more than a second at a time, and the beats that became final with it afterwards. */
  append(block: ArrayLike<number>, from: number, to: number): void {
    append(this.state.ring, block, from, to, this.millivolts);
  }

  /** Whether a beat is but a pacemaker's spike without an answer; its surroundings must have been appended. */
  isBare(sample: number): boolean {
    return isBareSpike(this.state.ring, this.rate, sample);
  }

  /** Takes a beat; its surroundings must have been appended. */
  beat(sample: number): void {
    const { state, window, shape, fit, rate } = this;
    const { ring, templates } = state;
    const noise = cut(ring, rate, sample, window);
    measure(window, shape);
    const index = state.beats;
    const slot = index % QUEUE;
    const interval = index === 0 ? 0 : sample - state.samples[(index - 1) % QUEUE]!;
    if (index > 0) {
      state.intervals[(index - 1) % HISTORY] = interval;
      state.kept[(index - 1) % KEPT_INTERVALS] = interval;
      state.pace += (interval - state.pace) * Math.max(1 / PACE_BEATS, 1 / index);
    }
    const usual = this.usualInterval();
    const early = index === 0 ? 1 : interval / usual;
    const { template: own, familiar } = learn(templates, window, shape, early);
    const best = dominant(templates);
    const usualShape = templates[best]!;
    const ownShape = templates[own]!;
    fitTo(usualShape, window, fit);
    const isUsual = own === best ? 1 : 0;
    if (isUsual && state.lastUsual && index > 0) {
      state.regular[state.regulars++ % REGULAR] = interval;
      state.lastRegular = index;
    } else if (index - state.lastRegular > STALE) state.regulars = 0;
    state.lastUsual = isUsual;
    let weights = 0;
    for (let k = 0; k < TEMPLATES; k++) weights += templates[k]!.weight;

    const row = state.rows.subarray(slot * COUNT, (slot + 1) * COUNT);
    const last = index > 0 ? state.rows.subarray(((index - 1) % QUEUE) * COUNT) : row;
    row.fill(0);
    row[F.before] = early;
    row[F.beforeToLast] = index > 1 ? interval / state.intervals[(index - 2) % HISTORY]! : 1;
    const known = Math.min(index, HISTORY);
    const all = known === 0 ? usual : medianOf(state.intervals, known);
    row[F.beforeToAll] = index === 0 ? 1 : interval / all;
    row[F.behindToAll] = all;
    row[F.usual] = usual / rate;
    row[F.irregular] = this.irregularity() / usual;
    row[F.rank] = this.rankOf(interval);
    row[F.likeness] = fit.likeness;
    row[F.lastLikeness] = index > 0 ? last[F.likeness]! : 1;
    row[F.nextLikeness] = 1;
    const ratio = (name: (typeof SHAPES)[number]) =>
      shape[name] / Math.max(1e-6, usualShape.shape[SHAPES.indexOf(name)]!);
    const change = (name: (typeof SHAPES)[number]) => shape[name] - usualShape.shape[SHAPES.indexOf(name)]!;
    row[F.height] = ratio("height");
    row[F.width] = shape.width;
    row[F.widthRatio] = ratio("width");
    row[F.area] = shape.area;
    row[F.areaRatio] = ratio("area");
    row[F.sharpness] = shape.sharpness;
    row[F.sharpnessRatio] = ratio("sharpness");
    row[F.spread] = shape.spread;
    row[F.spreadRatio] = ratio("spread");
    row[F.steepness] = ratio("steepest");
    row[F.polarity] = shape.polarity;
    row[F.polarityChange] = change("polarity");
    row[F.after] = shape.after;
    row[F.afterChange] = change("after");
    row[F.onset] = change("onset") - fit.shift;
    row[F.own] = isUsual;
    row[F.ownShare] = ownShape.weight / weights;
    row[F.ownEarly] = ownShape.early;
    row[F.ownWidth] = ownShape.shape[2]! / Math.max(1e-6, usualShape.shape[2]!);
    row[F.ownLikeness] = ownShape.likeness;
    row[F.usualWidth] = usualShape.shape[2]!;
    row[F.usualShare] = usualShape.weight / weights;
    const shift = fit.shift;
    row[F.pLikeness] = correlation(usualShape.mean, window, P_FROM, P_LENGTH, shift);
    row[F.pRest] = restOf(usualShape.mean, window, P_FROM, P_LENGTH, shift) / usualShape.shape[0]!;
    row[F.pUsual] = deviation(usualShape.mean, P_FROM, P_LENGTH) / usualShape.shape[0]!;
    row[F.pHere] = deviation(window, P_FROM + shift, P_LENGTH) / usualShape.shape[0]!;
    row[F.tLikeness] = correlation(usualShape.mean, window, T_FROM, T_LENGTH, shift);
    row[F.noise] = noise / shape.height;
    row[F.pace] = index === 0 ? 1 : usual / state.pace;
    note(state.clearness, index, familiar, row[F.pRest]!);
    state.samples[slot] = sample;
    state.shapes[slot] = own;
    state.counts[slot] = ownShape.count;
    state.spikes[slot] = hasSpike(ring, rate, sample, noise) ? 1 : 0;
    state.beats++;
  }

  /**
   * @param last no more signal comes: all that is open is finished
   * @returns the next beat whose features are final; overwritten by the next call
   */
  take(last: boolean): Row | undefined {
    const { state, rate } = this;
    const index = state.judged;
    if (index >= state.beats) return undefined;
    const slot = index % QUEUE;
    const sample = state.samples[slot]!;
    const known = state.beats - index - 1;
    if (known < 2 && !last && state.ring.next - sample < PATIENCE_SECONDS * rate) return undefined;
    const features = state.rows.subarray(slot * COUNT, (slot + 1) * COUNT);
    const usual = features[F.usual]! * rate;
    const at = (k: number) => state.samples[(index + k) % QUEUE]!;
    // What did not come: as though it came when the waiting ended.
    const behind = known > 0 ? at(1) - sample : Math.max(usual, state.ring.next - sample);
    features[F.behind] = behind / usual;
    features[F.behindToBefore] = behind / (features[F.before]! * usual);
    features[F.behindToAll] = behind / features[F.behindToAll]!;
    features[F.both] = (behind / usual + features[F.before]!) / 2;
    features[F.next] = known > 1 ? (at(2) - at(1)) / usual : 1;
    if (known > 0) features[F.nextLikeness] = state.rows[((index + 1) % QUEUE) * COUNT + F.likeness]!;
    this.time(index, behind, known > 1 ? at(2) - at(1) : usual, features);
    const own = state.templates[state.shapes[slot]!]!;
    // Its shape's place was taken by another before it was judged: it stands for itself.
    const alone = own.count < state.counts[slot]!;
    if (!alone) this.learnFrom(own, features);
    for (let k = 0; k < AVERAGED.length; k++)
      features[F.allBefore + k] = alone ? features[F[AVERAGED[k]!]]! : own.features[k]!;
    this.compareMeans(alone ? undefined : own, features);
    state.judged++;
    return {
      sample,
      features,
      template: state.shapes[slot]!,
      count: state.counts[slot]!,
      spike: state.spikes[slot] === 1,
      unclear: unclear(state.clearness, index, state.beats),
      strange: strange(state.clearness, index),
      irregular: this.timing[IRREGULAR]!,
    };
  }

  /** What the intervals around a beat say of it, its signal unseen. */
  private time(index: number, behind: number, next: number, features: Float64Array): void {
    const { timing, odds } = this;
    measureTiming(this.state.kept, index, behind, next, this.rate, timing);
    predict(timings(), timing, odds);
    features[F.timedEarly] = Math.log((odds[1]! + LEAST_ODDS) / (odds[0]! + LEAST_ODDS));
    features[F.timedWide] = Math.log((odds[2]! + LEAST_ODDS) / (odds[0]! + LEAST_ODDS));
  }

  private learnFrom(own: Template, features: Float64Array): void {
    own.judged++;
    if (inTime(features[F.before]!) && inTime(features[F.behind]!)) own.timely++;
    const share = Math.max(FOLLOW, 1 / own.judged);
    for (let k = 0; k < AVERAGED.length; k++)
      own.features[k]! += share * (features[F[AVERAGED[k]!]]! - own.features[k]!);
  }

  /** How a shape's mean differs from the usual shape's: without the noise of single beats. */
  private compareMeans(own: Template | undefined, features: Float64Array): void {
    const { state, shape, fit } = this;
    const usual = state.templates[dominant(state.templates)]!;
    if (!own || own === usual) {
      features.fill(1, F.meanLikeness, F.meanTLikeness + 1);
      features[F.meanPRest] = 0;
      return;
    }
    fitTo(usual, own.mean, fit);
    features[F.meanLikeness] = fit.likeness;
    measure(own.mean, shape);
    const { width, spread, sharpness, area } = shape;
    measure(usual.mean, shape);
    features[F.meanWidth] = width / shape.width;
    features[F.meanSpread] = spread / shape.spread;
    features[F.meanSharpness] = sharpness / shape.sharpness;
    features[F.meanArea] = area / shape.area;
    features[F.meanPLikeness] = correlation(usual.mean, own.mean, P_FROM, P_LENGTH, fit.shift);
    features[F.meanPRest] = restOf(usual.mean, own.mean, P_FROM, P_LENGTH, fit.shift) / shape.height;
    features[F.meanTLikeness] = correlation(usual.mean, own.mean, T_FROM, T_LENGTH, fit.shift);
  }

  gap(samples: number): void {
    this.state = newState(this.rate, this.state.ring.next + samples);
  }

  save(): Saved {
    return saved(this.state);
  }

  private usualInterval(): number {
    const { state } = this;
    if (state.regulars >= 5) return medianOf(state.regular, Math.min(state.regulars, REGULAR));
    const known = Math.min(state.beats, HISTORY);
    return known === 0 ? 0.8 * this.rate : medianOf(state.intervals, known);
  }

  /** Median of the differences between successive intervals. */
  private irregularity(): number {
    const { state, scratch } = this;
    const known = Math.min(state.beats, HISTORY);
    if (known < 3) return 0;
    const newest = state.beats - 1;
    for (let k = 0; k + 1 < known; k++)
      scratch[k] = Math.abs(
        state.intervals[(newest - k) % HISTORY]! - state.intervals[(newest - k - 1) % HISTORY]!,
      );
    return medianOf(scratch, known - 1);
  }

  /** Share of the last intervals that were shorter. */
  private rankOf(interval: number): number {
    const { state } = this;
    const known = Math.min(state.beats, HISTORY);
    let shorter = 0;
    for (let k = 0; k < known; k++) if (state.intervals[k]! < interval) shorter++;
    return known === 0 ? 0.5 : shorter / known;
  }
}

/** The forest of timing.ts: normal, supraventricular, ventricular. */
let timingForest: ReturnType<typeof decodeForest> | undefined;

function timings() {
  timingForest ??= decodeForest(Buffer.from(TIMING_FOREST, "base64"));
  return timingForest;
}

const inTime = (share: number) => share > 0.88 && share < 1.14;

function deviation(values: Float64Array, from: number, length: number): number {
  let sum = 0;
  let squares = 0;
  for (let k = from; k < from + length; k++) {
    sum += values[k]!;
    squares += values[k]! ** 2;
  }
  return Math.sqrt(Math.max(0, squares / length - (sum / length) ** 2));
}

/** Root mean square of what a stretch differs by, levels aside. */
function restOf(a: Float64Array, b: Float64Array, from: number, length: number, shift: number): number {
  let sum = 0;
  let squares = 0;
  for (let k = from; k < from + length; k++) {
    const difference = b[k + shift]! - a[k]!;
    sum += difference;
    squares += difference * difference;
  }
  return Math.sqrt(Math.max(0, squares / length - (sum / length) ** 2));
}

function newState(rate: number, origin: number): State {
  return {
    ring: newRing(rate, origin),
    templates: Array.from({ length: TEMPLATES }, newTemplate),
    beats: 0,
    judged: 0,
    samples: new Float64Array(QUEUE),
    rows: new Float64Array(QUEUE * COUNT),
    shapes: new Float64Array(QUEUE),
    counts: new Float64Array(QUEUE),
    spikes: new Float64Array(QUEUE),
    clearness: newClearness(),
    intervals: new Float64Array(HISTORY),
    kept: new Float64Array(KEPT_INTERVALS),
    pace: 0,
    regular: new Float64Array(REGULAR),
    regulars: 0,
    lastUsual: 0,
    lastRegular: 0,
  };
}
