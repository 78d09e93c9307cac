/**
 * Where the waves of one lead's averaged beat begin and end. The complex is where the signal bends sharply, and its
 * edges, the begin of P and the end of T lie where the tangent at a wave's steepest outer flank meets the level outside
 * it: Lepeschkin and Surawicz (1952), doi:10.1161/01.CIR.6.3.378, for T. Bends are sought at the scale of a q wave, as
 * Martínez et al. (2004), doi:10.1109/TBME.2003.821031, do with wavelets.
 */
import { GRID_RATE, grid, LENGTH, MARK } from "./average";

/** Why a wave's edge cannot be told. */
export type Missing = "absent" | "flat" | "merged" | "noisy";

/** Grid points, fractions allowed, or why not. */
export interface Edges {
  qrsFrom: number | Missing;
  qrsTo: number | Missing;
  pFrom: number | Missing;
  tTo: number | Missing;
}

/** Of the sharpest bend in the complex, what still belongs to it. */
const BEND_SHARE = 0.05;
/** Of the complex's steepest slope, the least that is a flank of it. */
const FLANK_SHARE = 0.08;
/** Where chance bends the signal more than this share, a small q or s wave cannot be told from it. */
const CHANCE_SHARE = 0.08;
/** Bends and heights below so many standard errors are chance. */
const BEND_ERRORS = 4;
const WAVE_ERRORS = 6;
const LEAST_COMPLEX = 0.1;
const LEAST_P = 0.03;
const LEAST_T = 0.05;
/** Within the complex, bends rest no longer. */
const REST = grid(0.024);
const COMPLEX_REACH = grid(0.16);
/** What lies so far outside the outermost bend may still be its flank. */
const MARGIN = grid(0.016);
/** Slopes below so many standard errors of bends, per grid point, are chance: more than four standard errors of slopes. */
const SLOPE_ERRORS = 0.6;
/** Of the complex's steepest slope, what is calm, when it lasts. */
const CALM_SHARE = 0.035;
const CALM = grid(0.014);
/** Of the complex's height, what lies between P and it. */
const LOW_SHARE = 0.1;
/** The foot of a flank, from where its tangent meets the level, reaches no further. */
const FOOT = grid(0.03);
/** A summit so high against the highest is a wave of its own, if it lies further away than this. */
const SUMMIT_SHARE = 0.4;
const ONE_SUMMIT = grid(0.08);
/** A level so slanting, against the flank, is none. */
const SLANT = 0.25;

/**
 * @param beat millivolts, as averaged
 * @param noise standard error of its points
 * @param chance standard error of its bends, see {@link bendsOf}
 * @param shortest seconds from a beat to the next among those averaged, nearly the least
 */
export function delineate(beat: Float64Array, noise: number, chance: number, shortest: number): Edges {
  const fine = boxed(beat, 2);
  const bends = bendsOf(beat);
  const slopes = slopesOf(fine, 3);
  const all = (why: Missing): Edges => ({ qrsFrom: why, qrsTo: why, pFrom: why, tTo: why });

  let sharpest = MARK;
  let least = fine[MARK]!;
  let most = least;
  for (let k = MARK - grid(0.1); k <= MARK + grid(0.1); k++) {
    if (Math.abs(bends[k]!) > Math.abs(bends[sharpest]!)) sharpest = k;
    least = Math.min(least, fine[k]!);
    most = Math.max(most, fine[k]!);
  }
  if (most - least < LEAST_COMPLEX) return all("flat");
  if (most - least < 4 * WAVE_ERRORS * noise) return all("noisy");
  const bend = Math.max(BEND_SHARE * Math.abs(bends[sharpest]!), BEND_ERRORS * chance);
  if (bend > CHANCE_SHARE * Math.abs(bends[sharpest]!)) return all("noisy");
  let steepest = 0;
  for (let k = MARK - grid(0.1); k <= MARK + grid(0.1); k++)
    steepest = Math.max(steepest, Math.abs(slopes[k]!));
  const still = Math.max(CALM_SHARE * steepest, SLOPE_ERRORS * chance);
  const complex: Complex = {
    fine,
    slopes,
    still,
    flank: Math.max(FLANK_SHARE * steepest, SLOPE_ERRORS * chance),
  };
  if (still > FLANK_SHARE * steepest) return all("noisy");
  // Beats were set to zero before the complex: between P and it the signal is calm and low.
  const between = (k: number) => Math.abs(fine[k]!) < LOW_SHARE * (most - least) && isCalm(complex, k, -1);
  const begin = edgeOfBends(bends, sharpest, -1, bend, between);
  const end = edgeOfBends(bends, sharpest, 1, bend, () => false);
  const level = restingLevel(fine, shortest);
  const qrsFrom = complexEdge(complex, begin, sharpest, -1, level);
  const qrsTo = complexEdge(complex, end, sharpest, 1, level);

  const soft = boxed(fine, 6);
  const softSlopes = slopesOf(fine, 8);
  const p = atrialWave(soft, softSlopes, qrsFrom, noise, shortest, level);
  const next = typeof p === "number" ? p + shortest * GRID_RATE : undefined;
  const tTo = endOfT(soft, softSlopes, qrsTo, noise, shortest, level, next);
  let pFrom = p;
  if (typeof p === "number" && typeof tTo === "number" && tTo - shortest * GRID_RATE > p - grid(0.01))
    pFrom = "merged";
  return { qrsFrom, qrsTo, pFrom, tTo };
}

interface Complex {
  fine: Float64Array;
  slopes: Float64Array;
  /** Slopes below are calm; slopes above are flanks. */
  still: number;
  flank: number;
}

function isCalm({ slopes, still }: Complex, from: number, outward: 1 | -1): boolean {
  for (let k = 0; k < CALM; k++) if (!(Math.abs(slopes[from + outward * k]!) < still)) return false;
  return true;
}

function edgeOfBends(
  bends: Float64Array,
  start: number,
  step: 1 | -1,
  least: number,
  ended: (k: number) => boolean,
): number {
  let last = start;
  for (let k = start; Math.abs(k - last) <= REST && Math.abs(k - MARK) <= COMPLEX_REACH; k += step) {
    if (ended(k)) return k;
    if (Math.abs(bends[k]!) >= least) last = k;
  }
  return last;
}

/** Along the complex from outside: the first flank, where its tangent meets the level outside, and its foot. */
function complexEdge(
  complex: Complex,
  outside: number,
  inside: number,
  outward: 1 | -1,
  resting: number,
): number {
  const { fine, slopes } = complex;
  const inner = inside - outward * grid(0.06);
  const steepness = (k: number) => Math.abs(slopes[k]!);
  const isFlank = (k: number) =>
    steepness(k) >= complex.flank &&
    steepness(k - outward) < steepness(k) &&
    steepness(k + outward) <= steepness(k);
  let flank = outside + outward * MARGIN;
  while (flank !== inner && !isFlank(flank)) flank -= outward;
  let calm = outside;
  for (let k = outside; Math.abs(k - outside) <= grid(0.04); k += outward)
    if (steepness(k) < steepness(calm)) calm = k;
  const slanting = steepness(calm) > SLANT * steepness(flank);
  const edge = tangent(fine, slopes, flank, slanting ? resting : fine[calm]!);
  for (let k = Math.round(edge); outward * (k - edge) <= FOOT; k += outward)
    if (isCalm(complex, k, outward)) return outward * (k - edge) > 0 ? k : edge;
  // Something else begins before it is calm. A bell's foot reaches half as far again as its tangent does.
  return slanting ? edge + (edge - flank) / 2 : edge;
}

function tangent(values: Float64Array, slopes: Float64Array, at: number, level: number): number {
  return at - (values[at]! - level) / slopes[at]!;
}

/** Of the stretch between T and P, which lies near the level before the complexes, at which beats were set to zero. */
function restingLevel(fine: Float64Array, shortest: number): number {
  const to = Math.min(LENGTH - grid(0.03), MARK + grid(shortest - 0.1));
  return calmest(fine, MARK + grid(0.2), to, 0);
}

/** The mean of the 40 ms that move least and lie near what is expected. */
function calmest(values: Float64Array, from: number, to: number, expected: number): number {
  const half = grid(0.02);
  let best = Number.POSITIVE_INFINITY;
  let level = expected;
  for (let k = from + half; k <= to - half; k++) {
    let least = values[k]!;
    let most = least;
    let sum = 0;
    for (let i = k - half; i <= k + half; i++) {
      const value = values[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
      sum += value;
    }
    const mean = sum / (2 * half + 1);
    const cost = most - least + 0.1 * Math.abs(mean - expected);
    if (cost < best) {
      best = cost;
      level = mean;
    }
  }
  return level;
}

/** @returns where P begins */
function atrialWave(
  soft: Float64Array,
  slopes: Float64Array,
  qrsFrom: number,
  noise: number,
  shortest: number,
  resting: number,
): number | Missing {
  const right = Math.floor(qrsFrom) - grid(0.01);
  const left = Math.max(grid(0.02), Math.ceil(qrsFrom) - grid(Math.min(0.34, 0.6 * shortest)));
  let peak = 0;
  let height = 0;
  let sign = 1;
  for (const way of [1, -1])
    for (let k = left + 1; k < right; k++) {
      const here = way * soft[k]!;
      if (here < way * soft[k - 1]! || here < way * soft[k + 1]!) continue;
      // Between two waves the level looks like a wave the other way.
      const above = here - way * resting;
      if (above <= height) continue;
      let lowBefore = here;
      for (let i = k; i >= Math.max(left, k - grid(0.14)); i--)
        lowBefore = Math.min(lowBefore, way * soft[i]!);
      let lowBehind = here;
      for (let i = k; i <= right; i++) lowBehind = Math.min(lowBehind, way * soft[i]!);
      const stands = Math.min(above, here - Math.max(lowBefore, lowBehind));
      if (stands > height) {
        height = stands;
        peak = k;
        sign = way;
      }
    }
  if (height < LEAST_P) return "absent";
  if (height < WAVE_ERRORS * noise) return "noisy";
  const first = Math.max(left, peak - grid(0.14));
  let flank = peak;
  for (let k = peak; k >= first; k--) if (sign * slopes[k]! > sign * slopes[flank]!) flank = k;
  const level = calmest(soft, Math.max(grid(0.01), flank - grid(0.14)), flank, resting);
  // What P rises from is not the resting level: the T wave before it has not ended.
  if (flank === first || Math.abs(level - resting) > 0.5 * height) return "merged";
  return tangent(soft, slopes, flank, level);
}

/** @param next where the next beat's P begins, if it has one */
function endOfT(
  soft: Float64Array,
  slopes: Float64Array,
  qrsTo: number,
  noise: number,
  shortest: number,
  resting: number,
  next: number | undefined,
): number | Missing {
  const from = Math.ceil(qrsTo) + grid(0.05);
  const to = Math.min(LENGTH - grid(0.03), Math.floor(next ?? MARK + grid(shortest - 0.1)));
  if (to - from < grid(0.08)) return "merged";
  let most = 0;
  for (let k = from; k < to; k++) most = Math.max(most, Math.abs(soft[k]! - resting));
  if (most < LEAST_T) return "flat";
  if (most < WAVE_ERRORS * noise) return "noisy";
  let first = -1;
  let peak = -1;
  for (let k = from + 1; k < to - 1; k++) {
    const way = Math.sign(soft[k]! - resting);
    const here = way * soft[k]!;
    if (way * (soft[k]! - resting) < SUMMIT_SHARE * most) continue;
    if (here < way * soft[k - 1]! || here <= way * soft[k + 1]!) continue;
    if (first < 0) first = k;
    peak = k;
  }
  // Of two summits apart the second may be T's second phase, a U wave or a P wave: nobody can tell from one lead.
  if (peak < 0 || peak - first > ONE_SUMMIT) return "merged";
  const way = Math.sign(soft[peak]! - resting);
  let flank = peak;
  const last = Math.min(to, peak + grid(0.18));
  for (let k = peak; k < last; k++) if (way * slopes[k]! < way * slopes[flank]!) flank = k;
  const level = calmest(soft, flank, Math.min(to, flank + grid(0.2)), resting);
  const end = tangent(soft, slopes, flank, level);
  if (flank === last - 1 || end > to - grid(0.01)) return "merged";
  if (Math.abs(level - resting) > 0.4 * Math.abs(soft[peak]! - resting)) return "merged";
  return end;
}

function boxed(values: Float64Array, half: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const from = Math.max(0, k - half);
    const to = Math.min(values.length - 1, k + half);
    let sum = 0;
    for (let i = from; i <= to; i++) sum += values[i]!;
    result[k] = sum / (to - from + 1);
  }
  return result;
}

/** Per grid point, by least squares. */
function slopesOf(values: Float64Array, half: number): Float64Array {
  const result = new Float64Array(values.length);
  let weight = 0;
  for (let i = 1; i <= half; i++) weight += 2 * i * i;
  for (let k = half; k < values.length - half; k++) {
    let sum = 0;
    for (let i = 1; i <= half; i++) sum += i * (values[k + i]! - values[k - i]!);
    result[k] = sum / weight;
  }
  return result;
}

/** How far a point lies from between those 14 ms to both sides, in millivolts, each the mean of 14 ms. */
export function bendsOf(beat: Float64Array): Float64Array {
  const apart = grid(0.014);
  const fine = boxed(beat, apart >> 1);
  const result = new Float64Array(fine.length);
  for (let k = apart; k < fine.length - apart; k++)
    result[k] = fine[k - apart]! + fine[k + apart]! - 2 * fine[k]!;
  return result;
}
