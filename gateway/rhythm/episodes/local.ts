/**
 * Fibrillation beat by beat: how likely each interval is one of it, by those around it, and which intervals in a row are
 * then one stretch. A window tells better whether there is fibrillation, its intervals where it begins and ends.
 */
import { type Forest, probabilities } from "../trees/forest";
import { unpack } from "../trees/levels";
import { LOCAL_MODEL } from "./models/local";
import { DELAYED, PREMATURE } from "./rr";
import { quantile, sortedOf } from "./statistics";

/** Steps between intervals, from and up to (not including) which, counted from the interval itself. */
const SPANS = { past4: [-4, 1], next4: [1, 6], past8: [-8, 1], next8: [1, 10], nine: [-4, 6] } as const;
const LONG_SPANS = { seventeen: [-8, 10], most: [-12, 14] } as const;
const AROUND = 16;
const COUNTED = 10;
/** Intervals that differ by less than this share of the usual one are alike. */
const ALIKE = 0.05;

/** What a probability of 0 or 1 is taken for, so that no interval outweighs all others. */
const LEAST_DOUBT = 0.003;
/** Intervals in a row say much the same: each counts for a part. */
const SHARE = 0.3;
/** Log odds that a stretch must gain before it begins or ends. */
const CHANGE = 5;

export const LOCAL_FEATURES = [
  "usual",
  ...Object.keys(SPANS).flatMap((name) => [`${name}Median`, `${name}Q75`]),
  ...Object.keys(LONG_SPANS).flatMap((name) => [`${name}Q25`, `${name}Median`, `${name}Q75`]),
  "everySecond",
  "early",
  "late",
  "pairs",
  "turning",
  "inner",
  "alike",
];

/**
 * @param rr intervals in seconds, in order of time
 * @param at which of them
 * @returns values of {@link LOCAL_FEATURES}; NaN where there are too few intervals
 */
export function localFeatures(rr: Float64Array, at: number): Float64Array {
  const values = new Float64Array(LOCAL_FEATURES.length);
  let k = 0;
  const usual = quantile(sortedOf(part(rr, at - AROUND, at + AROUND + 1)), 0.5);
  values[k++] = usual;
  for (const [from, to] of Object.values(SPANS)) {
    const steps = stepsOf(rr, at + from, at + to, 1);
    values[k++] = quantile(steps, 0.5) / usual;
    values[k++] = quantile(steps, 0.75) / usual;
  }
  for (const [from, to] of Object.values(LONG_SPANS)) {
    const steps = stepsOf(rr, at + from, at + to, 1);
    for (const share of [0.25, 0.5, 0.75]) values[k++] = quantile(steps, share) / usual;
  }
  values[k++] = quantile(stepsOf(rr, at - 6, at + 8, 2), 0.5) / usual;
  const near = part(rr, at - COUNTED, at + COUNTED + 1);
  const counts = countsOf(near, usual);
  const sorted = sortedOf(near);
  values[k++] = counts.early / near.length;
  values[k++] = counts.late / near.length;
  values[k++] = counts.pairs / near.length;
  values[k++] = counts.turns / (near.length - 2);
  values[k++] = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / usual;
  values[k] = alikeShare(sorted, ALIKE * usual);
  return values;
}

function part(rr: Float64Array, from: number, to: number): Float64Array {
  return rr.subarray(Math.max(0, from), Math.min(rr.length, to));
}

/** What lies between intervals that are `apart`, sorted. */
function stepsOf(rr: Float64Array, from: number, to: number, apart: number): Float64Array {
  const first = Math.max(apart, from);
  const steps = new Float64Array(Math.max(0, Math.min(rr.length, to) - first));
  for (let i = 0; i < steps.length; i++) steps[i] = Math.abs(rr[first + i]! - rr[first + i - apart]!);
  return sortedOf(steps);
}

function countsOf(near: Float64Array, usual: number) {
  const found = { early: 0, late: 0, pairs: 0, turns: 0 };
  for (let i = 0; i < near.length; i++) {
    const early = near[i]! < PREMATURE * usual;
    if (early) found.early++;
    if (near[i]! > DELAYED * usual) found.late++;
    if (early && near[i + 1]! > DELAYED * usual) found.pairs++;
    if ((near[i]! - near[i - 1]!) * (near[i + 1]! - near[i]!) < 0) found.turns++;
  }
  return found;
}

/** Of all pairs, how many differ by less than `limit`. */
function alikeShare(sorted: Float64Array, limit: number): number {
  const n = sorted.length;
  let pairs = 0;
  for (let i = 0, j = 0; i < n; i++) {
    while (sorted[i]! - sorted[j]! >= limit) j++;
    pairs += i - j;
  }
  return (2 * pairs) / (n * (n - 1));
}

let model: Forest | undefined;

/** Log odds of fibrillation, interval by interval. @param rr intervals in seconds */
export function localOdds(rr: Float64Array): Float64Array {
  model ??= unpack(LOCAL_MODEL);
  const odds = new Float64Array(rr.length);
  for (let i = 0; i < rr.length; i++) {
    const said = probabilities(model, localFeatures(rr, i))[1]!;
    odds[i] = SHARE * Math.log((said + LEAST_DOUBT) / (1 - said + LEAST_DOUBT));
  }
  return odds;
}

/**
 * The most likely sequence of fibrillation (1) and none (0), where each change has its price (Viterbi 1967,
 * doi:10.1109/TIT.1967.1054010).
 * @param odds log odds, interval by interval
 * @param before whether there was fibrillation before the first
 */
export function mostLikely(odds: Float64Array, before: boolean): Uint8Array {
  const n = odds.length;
  const fromAf = new Uint8Array(n);
  const fromNone = new Uint8Array(n);
  let ahead = before ? 1 : -1;
  for (let i = 0; i < n; i++) {
    // How much more likely fibrillation is than none, each by its best way: never more than the price of a change.
    fromAf[i] = ahead >= -CHANGE ? 1 : 0;
    fromNone[i] = ahead > CHANGE ? 1 : 0;
    ahead = Math.max(-CHANGE, Math.min(CHANGE, ahead)) + odds[i]!;
  }
  const states = new Uint8Array(n);
  let state = ahead > 0 ? 1 : 0;
  for (let i = n - 1; i >= 0; i--) {
    states[i] = state;
    state = state === 1 ? fromAf[i]! : fromNone[i]!;
  }
  return states;
}
