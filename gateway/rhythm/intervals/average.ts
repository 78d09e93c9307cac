/**
 * One beat that stands for many: they are laid over each other where their complexes correlate best, and at each moment
 * the mean is taken of what lies near the median of some of them, and of the rest as though it lay at the brink, after
 * Huber (1964), doi:10.1214/aoms/1177703732: a burst of noise or an odd beat does not bend it, and it needs two thirds
 * of the beats that a median does, and far less work.
 */
import { select } from "../select";

/** Points per second of an averaged beat, whatever the record's rate. */
export const GRID_RATE = 500;
export const grid = (seconds: number) => Math.round(seconds * GRID_RATE);

/** Where the detector's mark lies in an averaged beat, and that beat's points. */
export const MARK = grid(0.42);
export const LENGTH = MARK + grid(0.8);

/** What is compared around the mark, every other point of it: a complex holds nothing above 125 Hz that would tell. */
const COMPLEX_HALF = grid(0.1);
const EVERY = 2;
const COMPARED = (2 * COMPLEX_HALF) / EVERY + 1;
/** How far beats are shifted, first coarsely: likeness has one summit, about as broad as the complex's main wave. */
const LAG = grid(0.04);
const COARSE = 4;
const ROUNDS = 2;
/** Complexes less alike than this are left out. */
const LEAST_LIKENESS = 0.85;
/** Where the level before the complex is read, in seconds from the mark. */
const LEVEL_FROM = -0.095;
const LEVEL_TO = -0.07;

/** Beats whose median is the middle, and how many standard deviations from it the brink lies. */
const MIDDLE_BEATS = 15;
const BRINK = 2;
/** Noise is read at every so many points. */
const NOISE_EVERY = 5;
/** Of a normal distribution, from the median of absolute deviations to the standard deviation. */
const DEVIATION = 1.4826;

export interface Averaged {
  /** Millivolts of each lead. */
  leads: Float64Array[];
  /** The standard error of a point, by lead, in millivolts. */
  noise: number[];
  /** Of the beats given, those that are in it. */
  used: number[];
}

/** What is laid over each other: signals in counts with their gains, and marks with those of the beats beside them. */
export interface Overlay {
  rate: number;
  leads: ArrayLike<number>[];
  /** Counts per millivolt of each lead. */
  gains: number[];
  /** Sample numbers, each with its neighbours'. */
  beats: { before: number; at: number; behind: number }[];
}

/**
 * @returns the average of all, and those of every other beat, which tell what chance has done
 */
export function averageBeats(overlay: Overlay): { whole: Averaged; halves: [Averaged, Averaged] } {
  const { leads, beats } = overlay;
  const placed = beats.map((beat) => leads.map((_, lead) => levelled(overlay, lead, beat)));
  const pieces = beats.map((_, index) => leads.map((_, lead) => pieceAt(index * leads.length + lead)));
  const lags = new Float64Array(beats.length);
  const drawAll = (indices: number[], from: number, to: number) => {
    for (const index of indices)
      for (let lead = 0; lead < leads.length; lead++)
        draw(placed[index]![lead]!, lags[index]!, pieces[index]![lead]!, from, to);
  };
  const all = beats.map((_, index) => index);
  let used = all;
  for (let round = 0; round < ROUNDS; round++) {
    // Until all lie right only the complexes are needed.
    drawAll(all, MARK - COMPLEX_HALF - LAG, MARK + COMPLEX_HALF + LAG);
    const some = someOf(used);
    const usual = leads.map((_, lead) => usualComplex(some.map((index) => pieces[index]![lead]!)));
    const energy = energyOf(usual);
    used = [];
    for (const index of all) {
      const { lag, likeness } = bestLag(pieces[index]!, usual, energy);
      if (!(likeness >= LEAST_LIKENESS)) continue;
      used.push(index);
      lags[index]! += lag;
    }
  }
  drawAll(used, 0, LENGTH - 1);
  return averagesOf(overlay, used, pieces);
}

/** Room for beats, used again by the next average: whatever is read of a piece has been drawn before. */
const room: Float64Array[] = [];

function pieceAt(index: number): Float64Array {
  room[index] ??= new Float64Array(LENGTH);
  return room[index];
}

/** A beat of one lead, with the parabola through the levels before it and its neighbours: breathing bends the baseline. */
interface Levelled {
  signal: ArrayLike<number>;
  at: number;
  before: number;
  /** Samples per grid point, and from a moment to where its level is read. */
  step: number;
  off: number;
  level: number;
  first: number;
  second: number;
  millivolts: number;
}

function levelled({ rate, leads, gains }: Overlay, lead: number, beat: Overlay["beats"][number]): Levelled {
  const { before, at, behind } = beat;
  const signal = leads[lead]!;
  const level = levelAt(signal, at, rate);
  const first = (level - levelAt(signal, before, rate)) / (at - before);
  const second = ((levelAt(signal, behind, rate) - level) / (behind - at) - first) / (behind - before);
  const millivolts = 1 / (Math.abs(gains[lead]!) || 200);
  const off = ((LEVEL_FROM + LEVEL_TO) / 2) * rate;
  return { signal, at, before, step: rate / GRID_RATE, off, level, first, second, millivolts };
}

function levelAt(signal: ArrayLike<number>, at: number, rate: number): number {
  const from = Math.max(0, Math.round(at + LEVEL_FROM * rate));
  const to = Math.max(from + 1, Math.round(at + LEVEL_TO * rate));
  let sum = 0;
  for (let i = from; i < to; i++) sum += signal[i]!;
  return sum / (to - from);
}

/** Grid points `from` to `to`, both included, in millivolts above the level, by Catmull and Rom's cubic between samples. */
function draw(beat: Levelled, lag: number, into: Float64Array, from: number, to: number): void {
  const { signal, at, before, step, off, level, first, second, millivolts } = beat;
  const last = signal.length - 1;
  for (let k = from; k <= to; k++) {
    const moment = at + (k - MARK + lag) * step;
    const i = Math.floor(moment);
    const t = moment - i;
    const inside = i > 0 && i + 2 <= last;
    const a = signal[inside ? i - 1 : Math.max(0, Math.min(last, i - 1))]!;
    const b = signal[inside ? i : Math.max(0, Math.min(last, i))]!;
    const c = signal[inside ? i + 1 : Math.max(0, Math.min(last, i + 1))]!;
    const d = signal[inside ? i + 2 : Math.max(0, Math.min(last, i + 2))]!;
    const value = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    const where = moment - off;
    into[k] = (value - level - (where - at) * (first + second * (where - before))) * millivolts;
  }
}

/** At most so many, evenly. */
function someOf(indices: number[]): number[] {
  if (indices.length <= MIDDLE_BEATS) return indices;
  return Array.from(
    { length: MIDDLE_BEATS },
    (_, k) => indices[Math.floor((k * indices.length) / MIDDLE_BEATS)]!,
  );
}

/** The median complex at the points compared, above its mean. */
function usualComplex(pieces: Float64Array[]): Float64Array {
  const usual = new Float64Array(COMPARED);
  const column = new Float64Array(pieces.length);
  let sum = 0;
  for (let k = 0; k < COMPARED; k++) {
    for (let i = 0; i < pieces.length; i++) column[i] = pieces[i]![MARK - COMPLEX_HALF + EVERY * k]!;
    usual[k] = middleOf(column);
    sum += usual[k]!;
  }
  for (let k = 0; k < COMPARED; k++) usual[k]! -= sum / COMPARED;
  return usual;
}

/** Of each lag that was tried; 0 where it was not yet. */
const likeness = new Float64Array(2 * LAG + 1);

function energyOf(usual: Float64Array[]): number {
  let sum = 0;
  for (const y of usual) for (let k = 0; k < COMPARED; k++) sum += y[k]! * y[k]!;
  return sum;
}

/** @param energy of the usual complex */
function bestLag(
  beat: Float64Array[],
  usual: Float64Array[],
  energy: number,
): { lag: number; likeness: number } {
  likeness.fill(0);
  const at = (k: number) => {
    likeness[k] ||= likenessAt(beat, usual, energy, k - LAG);
    return likeness[k]!;
  };
  let coarse = 0;
  for (let k = COARSE; k < likeness.length; k += COARSE) if (at(k) > at(coarse)) coarse = k;
  let best = coarse;
  const to = Math.min(likeness.length - 1, coarse + COARSE - 1);
  for (let k = Math.max(0, coarse - COARSE + 1); k <= to; k++) if (at(k) > at(best)) best = k;
  if (best === 0 || best === likeness.length - 1) return { lag: best - LAG, likeness: at(best) };
  const [left, top, right] = [at(best - 1), at(best), at(best + 1)];
  const bend = left - 2 * top + right;
  return { lag: best - LAG + (bend < 0 ? (0.5 * (left - right)) / bend : 0), likeness: top };
}

/** The correlation over the complexes of all leads together. */
function likenessAt(beat: Float64Array[], usual: Float64Array[], energy: number, lag: number): number {
  let both = 0;
  let own = 0;
  for (let lead = 0; lead < beat.length; lead++) {
    const [x, y] = [beat[lead]!, usual[lead]!];
    let sum = 0;
    let squares = 0;
    for (let k = 0, i = MARK - COMPLEX_HALF + lag; k < COMPARED; k++, i += EVERY) {
      const here = x[i]!;
      sum += here;
      squares += here * here;
      both += here * y[k]!;
    }
    own += squares - (sum * sum) / COMPARED;
  }
  return both / Math.sqrt(own * energy);
}

function averagesOf({ leads, gains }: Overlay, used: number[], pieces: Float64Array[][]) {
  const [even, odd] = [0, 1].map((half) => used.filter((_, k) => k % 2 === half)) as [number[], number[]];
  const newAverage = (of: number[]): Averaged => ({ leads: [], noise: [], used: of });
  const whole = newAverage(used);
  const halves: [Averaged, Averaged] = [newAverage(even), newAverage(odd)];
  const some = someOf(used);
  for (let lead = 0; lead < leads.length; lead++) {
    const of = (indices: number[]) => indices.map((index) => pieces[index]![lead]!);
    const middle = medianOf(of(some));
    // Steps of the converter make noise, too, where all else is still.
    const deviation = Math.max(deviationFrom(middle, of(some)), 1 / (Math.abs(gains[lead]!) || 200));
    const [first, second] = [even, odd].map((half) => meanNear(middle, BRINK * deviation, of(half))) as [
      Float64Array,
      Float64Array,
    ];
    const share = even.length / Math.max(1, used.length);
    whole.leads.push(first.map((value, k) => share * value + (1 - share) * second[k]!));
    halves[0].leads.push(first);
    halves[1].leads.push(second);
    for (const average of [whole, ...halves]) average.noise.push(deviation / Math.sqrt(average.used.length));
  }
  return { whole, halves };
}

/** The mean of what lies within the brink from the middle; what lies outside counts as though at the brink. */
function meanNear(middle: Float64Array, brink: number, pieces: Float64Array[]): Float64Array {
  const off = new Float64Array(LENGTH);
  for (const piece of pieces)
    for (let k = 0; k < LENGTH; k++) off[k]! += Math.max(-brink, Math.min(brink, piece[k]! - middle[k]!));
  for (let k = 0; k < LENGTH; k++) off[k] = middle[k]! + off[k]! / Math.max(1, pieces.length);
  return off;
}

function medianOf(pieces: Float64Array[]): Float64Array {
  const usual = new Float64Array(LENGTH);
  const column = new Float64Array(pieces.length);
  for (let k = 0; k < LENGTH; k++) {
    for (let i = 0; i < pieces.length; i++) column[i] = pieces[i]![k]!;
    usual[k] = middleOf(column);
  }
  return usual;
}

/** The mean of both middles where there are two: the lower alone would sink with the noise. 0 of nothing. */
function middleOf(column: Float64Array): number {
  if (column.length === 0) return 0;
  const half = column.length >> 1;
  const upper = select(column, half);
  if (column.length % 2) return upper;
  let lower = column[0]!;
  for (let i = 1; i < half; i++) if (column[i]! > lower) lower = column[i]!;
  return (lower + upper) / 2;
}

/** The typical standard deviation of a point. */
function deviationFrom(usual: Float64Array, pieces: Float64Array[]): number {
  const column = new Float64Array(pieces.length);
  const deviations = new Float64Array(Math.ceil(LENGTH / NOISE_EVERY));
  for (let n = 0; n < deviations.length; n++) {
    const k = n * NOISE_EVERY;
    for (let i = 0; i < pieces.length; i++) column[i] = Math.abs(pieces[i]![k]! - usual[k]!);
    deviations[n] = middleOf(column);
  }
  return DEVIATION * select(deviations, deviations.length >> 1);
}
