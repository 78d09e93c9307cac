/**
 * What the signal around the beats tells of the rhythm: the usual complex and how alike the others are, the wave of the
 * atria before it, its waves of repolarisation, and what is left when all that is taken away.
 */

import { select } from "../select";
import { DELAYED, PREMATURE } from "./rr";
import { type Complex, type Shapes, shapesOf } from "./shapes";
import { levelled, smoothed, WAVE_RATE, waveSamples } from "./signal";
import { bandPower, LINE, spectraOf } from "./spectrum";
import { correlation, mean, medianIn, medianOf, quantile, share, sortedOf, spread } from "./statistics";

const BEFORE = waveSamples(0.4);
const BEHIND = waveSamples(0.5);
const LENGTH = BEFORE + BEHIND;
/** Where the wave of the atria is sought, in seconds before the complex. */
const P_FROM = 0.26;
const P_TO = 0.07;
const P_LENGTH = waveSamples(P_FROM) - waveSamples(P_TO);
const WIDTH_HALF = waveSamples(0.12);
const BANDS = [0.5, 2, 4, 6, 9, 13, 18, 25, 35, 48, 70, 99];

/** A piece of signal with its complexes: where the rest begins. */
export interface Shaped extends Shapes {
  /** A piece of one lead in millivolts at {@link WAVE_RATE}; without its baseline; and smoothed a little. */
  signal: Float64Array;
  level: Float64Array;
  fine: Float64Array;
}

/**
 * @param signal a piece of one lead in millivolts at {@link WAVE_RATE}
 * @param beats wave samples of its beats, ascending
 */
export function shapedOf(signal: Float64Array, beats: ArrayLike<number>): Shaped {
  const level = levelled(signal);
  const fine = smoothed(level, 3);
  return { signal, level, fine, ...shapesOf(fine, beats) };
}

/** @returns figures by name, always the same names in the same order; NaN where there are too few beats */
export function waveFeatures(shaped: Shaped): Record<string, number> {
  const { signal, level, fine, complexes, members, usual } = shaped;
  const soft = smoothed(level, 5);
  smoothed(soft, 5, soft);
  const own = complexes.filter((complex) => complex.shape === usual);
  const size = medianOf(own.map((complex) => complex.size));
  const whole = own.filter(({ at }) => at >= BEFORE && at + BEHIND < soft.length);
  const usualBeat = meanBeat(soft, whole);
  const left = withoutBeats(soft, complexes, usual, usualBeat);
  return {
    seconds: signal.length / WAVE_RATE,
    ...shapeFeatures(fine, complexes, members, usual),
    ...widthFeatures(fine, complexes, usual),
    ...earliestFeatures(fine, soft, complexes, usual),
    ...contourFeatures(usualBeat, size),
    ...atrialFeatures(soft, complexes, own, size),
    ...repolarisationFeatures(soft, whole, usualBeat, size),
    ...restFeatures(left, soft, complexes, size),
    ...spectralFeatures(level, left),
    ...noiseFeatures(signal, level, fine, complexes, size),
  };
}

function shapeFeatures(fine: Float64Array, complexes: Complex[], members: number[], usual: number) {
  const n = complexes.length;
  const likeness = sortedOf(complexes.map((complex) => complex.likeness));
  const sizes = complexes.map((complex) => complex.size);
  const size = medianOf(sizes);
  const counts = [...members].sort((a, b) => b - a);
  const intervals = complexes.map(({ at }, i) => (i ? at - complexes[i - 1]!.at : Number.NaN));
  const local = intervals.map((_, i) => medianAround(intervals, i));
  const early = (i: number) => intervals[i]! < PREMATURE * local[i]!;
  const strange = complexes.map(({ shape, likeness: like }, i) => ({ i, other: shape !== usual, like }));
  const next = strange.filter(({ i }) => early(i));
  const others = strange.filter(({ other }) => other);
  const clean = intervals.filter(
    (_, i) => i > 0 && complexes[i]!.shape === usual && complexes[i - 1]!.shape === usual && !early(i),
  );
  let run = 0;
  let longest = 0;
  for (const { other } of strange) {
    run = other ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  const steps: number[] = [];
  for (let i = 2; i < n; i++)
    if ([i, i - 1, i - 2].every((k) => complexes[k]!.shape === usual))
      steps.push(Math.abs(intervals[i]! - intervals[i - 1]!) / local[i]!);
  const middle = (values: number[]) => medianOf(values);
  const around = complexes.map(({ at }) => {
    let low = 0;
    let high = 0;
    for (let i = at - waveSamples(0.06); i <= at + waveSamples(0.06); i++) {
      low = Math.min(low, fine[i]!);
      high = Math.max(high, fine[i]!);
    }
    return high / (high - low || 1);
  });
  return {
    shapes: members.length,
    usualShare: (counts[0] ?? 0) / n,
    secondShare: (counts[1] ?? 0) / n,
    loneShare: counts.filter((count) => count === 1).length / n,
    likenessMean: mean(likeness),
    likenessLeast: likeness[0] ?? Number.NaN,
    likeness10: quantile(likeness, 0.1),
    likeness25: quantile(likeness, 0.25),
    likenessMedian: quantile(likeness, 0.5),
    unlike80: share(likeness, (value) => value < 0.8),
    unlike60: share(likeness, (value) => value < 0.6),
    size,
    sizeSpread: spread(sizes) / size,
    sizeMost: Math.max(...sizes) / size,
    sizeLeast: Math.min(...sizes) / size,
    sizeMiddle: (quantile(sortedOf(sizes), 0.75) - quantile(sortedOf(sizes), 0.25)) / size,
    upward: middle(around),
    upwardSpread: spread(around),
    earlyStrange: next.filter(({ other }) => other).length,
    earlyUsual: next.filter(({ other }) => !other).length,
    earlyLikeness: mean(next.map(({ like }) => like)),
    lateStrange: others.filter(({ i }) => intervals[i]! > DELAYED * local[i]!).length,
    strangeCount: others.length,
    strangeEarliness: mean(others.map(({ i }) => intervals[i]! / local[i]!)),
    strangeSize: middle(others.map(({ i }) => sizes[i]! / size)),
    strangeRun: longest,
    shapedSpread: spread(clean) / mean(clean),
    shapedStepMedian: middle(steps),
    shapedStepQ75: quantile(sortedOf(steps), 0.75),
  };
}

/** Of the nine intervals around one; the first beat has none before it. */
function medianAround(intervals: number[], i: number): number {
  return medianIn(intervals, Math.max(1, i - 4), Math.min(intervals.length, i + 5));
}

/** A complex's duration in seconds: from 5 to 95 % of its slopes' energy. */
function widthAt(fine: Float64Array, at: number): number {
  const from = Math.max(1, at - WIDTH_HALF);
  const to = Math.min(fine.length - 1, at + WIDTH_HALF);
  let sum = 0;
  for (let i = from; i < to; i++) sum += (fine[i + 1]! - fine[i - 1]!) ** 2;
  let passed = 0;
  let width = 0;
  for (let i = from; i < to; i++) {
    passed += (fine[i + 1]! - fine[i - 1]!) ** 2;
    if (passed > 0.05 * sum && passed < 0.95 * sum) width++;
  }
  return width / WAVE_RATE;
}

function widthFeatures(fine: Float64Array, complexes: Complex[], usual: number) {
  const widths = complexes.map(({ at }) => widthAt(fine, at));
  const own = sortedOf(widths.filter((_, i) => complexes[i]!.shape === usual));
  const sorted = sortedOf(widths);
  return {
    width: quantile(own, 0.5),
    widthSpread: spread(sorted),
    widthMost: quantile(sorted, 0.95) - quantile(own, 0.5),
    widthStrange: medianOf(widths.filter((_, i) => complexes[i]!.shape !== usual)) - quantile(own, 0.5),
    widthInner: quantile(own, 0.75) - quantile(own, 0.25),
  };
}

/**
 * The three complexes that come earliest for where they are, each by how early, what follows, and how it looks: ectopy is
 * early, most often once, and noise looks like nothing else.
 */
function earliestFeatures(fine: Float64Array, soft: Float64Array, complexes: Complex[], usual: number) {
  const own = complexes.filter(({ shape }) => shape === usual);
  const size = medianOf(own.map((complex) => complex.size));
  const width = medianOf(own.map(({ at }) => widthAt(fine, at)));
  const intervals = complexes.map(({ at }, i) => (i ? at - complexes[i - 1]!.at : Number.NaN));
  const ranked = complexes
    .map((complex, i) => {
      const local = medianAround(intervals, i);
      return { complex, i, early: intervals[i]! / local, after: (intervals[i + 1] ?? Number.NaN) / local };
    })
    .filter(({ i, early }) => i > 0 && early > 0)
    .sort((a, b) => a.early - b.early);
  const features: Record<string, number> = {};
  for (let k = 0; k < 3; k++) {
    const one = ranked[k];
    features[`early${k}`] = one?.early ?? Number.NaN;
    features[`early${k}After`] = one?.after ?? Number.NaN;
    features[`early${k}Sum`] = one ? one.early + one.after : Number.NaN;
    features[`early${k}Likeness`] = one?.complex.likeness ?? Number.NaN;
    features[`early${k}Size`] = one ? one.complex.size / size : Number.NaN;
    features[`early${k}Width`] = one ? widthAt(fine, one.complex.at) - width : Number.NaN;
  }
  const late = [...ranked].sort((a, b) => b.early - a.early);
  for (let k = 0; k < 2; k++) {
    const one = late[k];
    features[`late${k}`] = one?.early ?? Number.NaN;
    features[`late${k}Likeness`] = one?.complex.likeness ?? Number.NaN;
    const before = one ? complexes[one.i - 1]!.at : 0;
    // What a missed beat would have left between the two.
    features[`late${k}Between`] = one
      ? swingBetween(soft, before + waveSamples(0.45), one.complex.at - waveSamples(0.25)) / size
      : Number.NaN;
  }
  const sane = ranked.filter(({ complex, i }) => complex.likeness > 0.8 && complexes[i - 1]!.likeness > 0.8);
  features.sane = sane.length / Math.max(1, complexes.length);
  features.saneEarly = sane.filter(({ early }) => early < PREMATURE).length;
  features.saneLate = sane.filter(({ early }) => early > DELAYED).length;
  features.saneSpread = spread(sane.map(({ early }) => early));
  features.saneCompensated = sane.filter(({ early, after }) => early < 0.9 && after > 1.08).length;
  return features;
}

function swingBetween(soft: Float64Array, from: number, to: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = Math.max(0, from); i < Math.min(to, soft.length); i++) {
    low = Math.min(low, soft[i]!);
    high = Math.max(high, soft[i]!);
  }
  return high >= low ? high - low : Number.NaN;
}

/** The usual complex itself, at every 30 ms. */
function contourFeatures(beat: Float64Array, size: number) {
  const features: Record<string, number> = {};
  const zero = mean(beat.subarray(BEFORE - 14, BEFORE - 10));
  for (let at = -waveSamples(0.3); at <= waveSamples(0.45); at += 6)
    features[`contour${at}`] = (beat[BEFORE + at]! - zero) / size;
  return features;
}

function meanBeat(soft: Float64Array, whole: Complex[]): Float64Array {
  const beat = new Float64Array(LENGTH);
  for (const { at } of whole)
    for (let k = 0; k < LENGTH; k++) beat[k]! += soft[at - BEFORE + k]! / whole.length;
  return beat;
}

interface Bump {
  /** Against the line between the piece's ends, of either sign. */
  height: number;
  depth: number;
  /** Index of the larger of both. */
  place: number;
  /** Sum of what lies above the line, and below. */
  area: number;
}

function bumpOf(piece: Float64Array, from: number, count: number): Bump {
  const edge = 3;
  const first = mean(piece.subarray(from, from + edge));
  const last = mean(piece.subarray(from + count - edge, from + count));
  const bump: Bump = { height: 0, depth: 0, place: 0, area: 0 };
  for (let i = 0; i < count; i++) {
    const value = piece[from + i]! - first - ((last - first) * i) / (count - 1);
    if (value > bump.height) bump.height = value;
    if (value < bump.depth) bump.depth = value;
    if (value === bump.height ? value >= -bump.depth : value === bump.depth && -value > bump.height)
      bump.place = i;
    bump.area += value / count;
  }
  return bump;
}

/**
 * A wave of the atria lies at the same place before every complex and has the same shape; in fibrillation pieces from
 * there have nothing in common.
 */
function atrialFeatures(soft: Float64Array, complexes: Complex[], own: Complex[], size: number) {
  // Behind a short interval the T wave before lies there.
  const fit = own.filter((complex) => {
    const index = complexes.indexOf(complex);
    const room = index > 0 ? complex.at - complexes[index - 1]!.at : 0;
    return room > waveSamples(0.5) && complex.at >= BEFORE;
  });
  const used = fit.length >= 4 ? fit : own.filter(({ at }) => at >= BEFORE);
  const lead = waveSamples(P_FROM);
  const pieces = used.map(({ at }) => detrended(soft, at - lead, P_LENGTH));
  const far = used.map(({ at }) => detrended(soft, at - BEFORE, waveSamples(P_FROM - P_TO)));
  const usual = meanOf(pieces, P_LENGTH);
  const bump = bumpOf(usual, 0, P_LENGTH);
  const likeness = sortedOf(pieces.map((piece) => correlation(piece, 0, usual, 0, P_LENGTH)));
  const each = pieces.map((piece) => bumpOf(piece, 0, P_LENGTH));
  const heights = each.map(({ height, depth }) => (height >= -depth ? height : depth) / size);
  const places = each.map(({ place }) => place / WAVE_RATE);
  const sign = bump.height >= -bump.depth ? 1 : -1;
  // Complexes of the usual shape that come early: is the wave before them the usual one?
  const early = own.filter((complex) => !used.includes(complex) && complex.at >= BEFORE);
  const earlyLikeness = early.map(({ at }) =>
    correlation(detrended(soft, at - lead, P_LENGTH), 0, usual, 0, P_LENGTH),
  );
  const present = pieces.filter(
    (piece, i) => correlation(piece, 0, usual, 0, P_LENGTH) > 0.6 && Math.abs(heights[i]!) > 0.02,
  );
  const scratch = new Float64Array(P_LENGTH);
  const shifts = used.map(({ at }) => {
    let best = { likeness: -1, shift: 0 };
    for (let shift = -8; shift <= 8; shift += 2) {
      if (at - lead + shift < 0) continue;
      detrend(soft, at - lead + shift, scratch);
      const likeness = correlation(scratch, 0, usual, 0, P_LENGTH);
      if (likeness > best.likeness) best = { likeness, shift };
    }
    return best;
  });
  return {
    pPresent: present.length / pieces.length,
    pShifted: medianOf(shifts.map((best) => best.likeness)),
    pShiftSpread: spread(shifts.map((best) => best.shift)),
    pUsed: used.length,
    pCommon: common(pieces, usual),
    pCommonFar: common(far, meanOf(far, P_LENGTH)),
    pHeight: bump.height / size,
    pDepth: bump.depth / size,
    pMillivolts: Math.max(bump.height, -bump.depth),
    pPlace: P_FROM - bump.place / WAVE_RATE,
    pArea: bump.area / size,
    pLikenessMean: mean(likeness),
    pLikeness25: quantile(likeness, 0.25),
    pLikeness75: quantile(likeness, 0.75),
    pEachMedian: sign * medianOf(heights),
    pEachSpread: spread(heights),
    pPlaceSpread: spread(places),
    pPlaceMiddle: quantile(sortedOf(places), 0.75) - quantile(sortedOf(places), 0.25),
    pOverNoise: Math.max(bump.height, -bump.depth) / (restSpread(pieces, usual) || 1e-6),
    pEarly: mean(earlyLikeness),
  };
}

/** A piece without the line between its ends. */
function detrended(signal: Float64Array, from: number, count: number): Float64Array {
  const out = new Float64Array(count);
  detrend(signal, from, out);
  return out;
}

function detrend(signal: Float64Array, from: number, out: Float64Array): void {
  const n = out.length;
  const end = Math.min(4, n);
  let first = 0;
  let last = 0;
  for (let i = 0; i < end; i++) {
    first += signal[from + i]!;
    last += signal[from + n - end + i]!;
  }
  first /= end;
  last /= end;
  for (let i = 0; i < n; i++) out[i] = signal[from + i]! - first - ((last - first) * i) / (n - 1);
}

function meanOf(pieces: Float64Array[], length: number): Float64Array {
  const usual = new Float64Array(length);
  for (const piece of pieces) for (let i = 0; i < length; i++) usual[i]! += piece[i]! / pieces.length;
  return usual;
}

/** Share of the pieces' variance that their mean explains, freed of what chance gives: 0 nothing in common, 1 all. */
function common(pieces: Float64Array[], usual: Float64Array): number {
  const n = pieces.length;
  if (n < 3) return Number.NaN;
  const inMean = spread(usual) ** 2;
  const inAll = mean(pieces.map((piece) => spread(piece) ** 2));
  return inAll > 0 ? (n * (inMean / inAll) - 1) / (n - 1) : 0;
}

function restSpread(pieces: Float64Array[], usual: Float64Array): number {
  const squares = pieces.map((piece) => {
    let sum = 0;
    for (let i = 0; i < piece.length; i++) sum += (piece[i]! - usual[i]!) ** 2;
    return sum / piece.length;
  });
  return Math.sqrt(mean(squares));
}

function repolarisationFeatures(soft: Float64Array, whole: Complex[], beat: Float64Array, size: number) {
  const from = BEFORE + waveSamples(0.12);
  const count = waveSamples(0.36);
  const bump = bumpOf(beat, from, count);
  const pieces = whole.map(({ at }) =>
    detrended(soft, at + waveSamples(0.12), waveSamples(0.44) - waveSamples(0.12)),
  );
  const usual = meanOf(pieces, pieces[0]?.length ?? 0);
  return {
    tHeight: bump.height / size,
    tDepth: bump.depth / size,
    tPlace: bump.place / WAVE_RATE,
    tArea: bump.area / size,
    tCommon: common(pieces, usual),
    stLevel:
      (mean(beat.subarray(BEFORE + 14, BEFORE + 20)) - mean(beat.subarray(BEFORE - 14, BEFORE - 10))) / size,
  };
}

/** The signal less the usual beat wherever it is; complexes of other shapes are blanked. */
function withoutBeats(soft: Float64Array, complexes: Complex[], usual: number, beat: Float64Array) {
  const left = new Float64Array(soft);
  complexes.forEach(({ at, shape }, index) => {
    const before = index ? complexes[index - 1]!.at : at - 2 * BEFORE;
    const behind = complexes[index + 1]?.at ?? at + 2 * BEHIND;
    // Two neighbours share what lies between them: a third is the later one's.
    const from = Math.max(0, at - BEFORE, Math.round(at - (at - before) * 0.36));
    const to = Math.min(left.length, at + BEHIND, Math.round(at + (behind - at) * 0.64));
    for (let i = from; i < to; i++) {
      if (shape === usual) left[i]! -= beat[i - at + BEFORE]!;
      else if (Math.abs(i - at) < WIDTH_HALF) left[i] = 0;
    }
  });
  return left;
}

function restFeatures(left: Float64Array, soft: Float64Array, complexes: Complex[], size: number) {
  const quiet: number[] = [];
  const crossings: number[] = [];
  const peaks: number[] = [];
  for (let i = 1; i < complexes.length; i++) {
    const before = complexes[i - 1]!.at;
    const interval = complexes[i]!.at - before;
    const from = before + Math.min(waveSamples(0.45), Math.round(0.55 * interval));
    const to = complexes[i]!.at - waveSamples(0.08);
    if (to - from < waveSamples(0.12)) continue;
    const piece = detrended(soft, from, to - from);
    quiet.push(spread(piece) / size);
    let sign = 0;
    let changes = 0;
    let tops = 0;
    for (let k = 1; k + 1 < piece.length; k++) {
      const now = Math.sign(piece[k]!);
      if (now !== 0 && sign !== 0 && now !== sign) changes++;
      if (now !== 0) sign = now;
      if (piece[k]! > piece[k - 1]! && piece[k]! >= piece[k + 1]! && piece[k]! > 0.03 * size) tops++;
    }
    crossings.push((changes * WAVE_RATE) / piece.length);
    peaks.push((tops * WAVE_RATE) / piece.length);
  }
  const inner = left.subarray(waveSamples(0.3), left.length - waveSamples(0.3));
  return {
    quietSpread: medianOf(quiet),
    quietCrossings: mean(crossings),
    quietPeaks: mean(peaks),
    leftSpread: spread(inner) / size,
  };
}

function spectralFeatures(level: Float64Array, left: Float64Array) {
  const { first: all, second: rest } = spectraOf(level, left);
  const total = bandPower(all, 0.5, 99) || 1;
  const restTotal = bandPower(rest, 1, 25) || 1;
  const features: Record<string, number> = {};
  for (let i = 1; i < BANDS.length; i++)
    features[`power${BANDS[i - 1]}`] = bandPower(all, BANDS[i - 1]!, BANDS[i]!) / total;
  for (let i = 1; i < 7; i++)
    features[`rest${BANDS[i - 1]}`] = bandPower(rest, BANDS[i - 1]!, BANDS[i]!) / restTotal;
  // The waves of fibrillation and flutter are one broad line between 3.5 and 10 Hz.
  let top = 0;
  let place = 0;
  for (let i = Math.ceil(3.5 / LINE); i <= 10 / LINE; i++)
    if (rest[i]! > top) {
      top = rest[i]!;
      place = i;
    }
  features.restTop = bandPower(rest, (place - 1.5) * LINE, (place + 1.5) * LINE) / restTotal;
  features.restTopHz = place * LINE;
  features.spectralEntropy = spectralEntropy(all, 0.5, 40);
  features.restEntropy = spectralEntropy(rest, 2, 20);
  return features;
}

function spectralEntropy(power: Float64Array, from: number, to: number): number {
  const total = bandPower(power, from, to) || 1;
  let sum = 0;
  let lines = 0;
  for (let i = Math.ceil(from / LINE); i < to / LINE; i++) {
    const part = power[i]! / total;
    if (part > 0) sum -= part * Math.log(part);
    lines++;
  }
  return sum / Math.log(lines);
}

/** As quantile has it, without sorting. Reorders the values, which hold no NaN. */
function quantileIn(values: Float64Array, at: number): number {
  if (values.length === 0) return Number.NaN;
  const place = at * (values.length - 1);
  const low = select(values, Math.floor(place));
  return low + (place - Math.floor(place)) * (select(values, Math.ceil(place)) - low);
}

function rangeOf(signal: Float64Array, from: number, to: number): number {
  let low = signal[from]!;
  let high = low;
  for (let i = from + 1; i < to; i++) {
    const value = signal[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}

/** Means of a second's quarters. */
function quartersOf(second: Float64Array): Float64Array {
  const quarters = new Float64Array(4);
  const length = second.length >> 2;
  for (let k = 0; k < 4; k++)
    for (let i = k * length; i < (k + 1) * length; i++) quarters[k]! += second[i]! / length;
  return quarters;
}

function noiseFeatures(
  signal: Float64Array,
  level: Float64Array,
  fine: Float64Array,
  complexes: Complex[],
  size: number,
) {
  const seconds = Math.floor(signal.length / WAVE_RATE);
  const fast: number[] = [];
  const swing: number[] = [];
  const range: number[] = [];
  const bent = new Float64Array(WAVE_RATE - 2);
  for (let s = 0; s < seconds; s++) {
    const piece = signal.subarray(s * WAVE_RATE, (s + 1) * WAVE_RATE);
    for (let i = 0; i < bent.length; i++) bent[i] = Math.abs(2 * piece[i + 1]! - piece[i]! - piece[i + 2]!);
    fast.push(quantileIn(bent, 0.5) / size);
    swing.push(rangeOf(quartersOf(piece), 0, 4) / size);
    range.push(rangeOf(level, s * WAVE_RATE, (s + 1) * WAVE_RATE) / size);
  }
  const fastSorted = sortedOf(fast);
  const swingSorted = sortedOf(swing);
  const rangeSorted = sortedOf(range);
  // Slopes as steep as a complex's where none was found.
  const slope = new Float64Array(fine.length);
  for (let i = 1; i + 1 < fine.length; i++) slope[i] = Math.abs(fine[i + 1]! - fine[i - 1]!);
  smoothed(slope, 17, slope);
  const usual = medianOf(complexes.map(({ at }) => slope[at]!));
  let next = 0;
  let outside = 0;
  let steep = 0;
  let middling = 0;
  const between = new Float64Array(Math.ceil(slope.length / 4));
  let betweens = 0;
  for (let i = 0; i < slope.length; i++) {
    while (next < complexes.length && complexes[next]!.at + waveSamples(0.14) < i) next++;
    if (next < complexes.length && Math.abs(i - complexes[next]!.at) <= waveSamples(0.14)) continue;
    outside++;
    if (slope[i]! > 0.5 * usual) steep++;
    if (slope[i]! > 0.25 * usual) middling++;
    if (i % 4 === 0) between[betweens++] = slope[i]!;
  }
  const m = mean(level);
  const s = spread(level);
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < level.length; i++) {
    const out = (level[i]! - m) / (s || 1);
    third += out * out * out;
    fourth += out * out * out * out;
  }
  const peak = complexes.map(({ at }) => slope[at]! / usual);
  return {
    fastMedian: quantile(fastSorted, 0.5),
    fast90: quantile(fastSorted, 0.9),
    fastLeast: fastSorted[0] ?? Number.NaN,
    swingMedian: quantile(swingSorted, 0.5),
    swing90: quantile(swingSorted, 0.9),
    rangeMost: rangeSorted.at(-1) ?? Number.NaN,
    rangeLeast: rangeSorted[0] ?? Number.NaN,
    range75: quantile(rangeSorted, 0.75),
    steep: steep / Math.max(1, outside),
    middling: middling / Math.max(1, outside),
    between: quantileIn(between.subarray(0, betweens), 0.75) / usual,
    steepLeast: Math.min(...peak),
    steepMost: Math.max(...peak),
    kurtosis: fourth / level.length,
    skewness: third / level.length,
    deviation: s,
  };
}
