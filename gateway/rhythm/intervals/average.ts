/**
 * One beat that stands for many: they are laid over each other where their complexes correlate best, and at each moment
 * the median is taken, so that a burst of noise or an odd beat does not bend it.
 */
import { select } from "../select";

/** Points per second of an averaged beat, whatever the record's rate. */
export const GRID_RATE = 500;
export const grid = (seconds: number) => Math.round(seconds * GRID_RATE);

/** Where the detector's mark lies in an averaged beat, and that beat's points. */
export const MARK = grid(0.42);
export const LENGTH = MARK + grid(0.8);

const COMPLEX_HALF = grid(0.1);
const LAG = grid(0.04);
const ROUNDS = 2;
/** Complexes less alike than this are left out. */
const LEAST_LIKENESS = 0.85;
/** Where the level before the complex is read, in seconds from the mark. */
const LEVEL_FROM = -0.095;
const LEVEL_TO = -0.07;

/** Of a normal distribution, from the median of absolute deviations to the standard error of a median. */
const DEVIATION = 1.4826;
const MEDIAN_ERROR = 1.2533;

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
  const pieces = beats.map((beat) => leads.map((_, lead) => pieceOf(overlay, lead, beat, 0)));
  let used = beats.map((_, index) => index);
  const lags = beats.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    const usual = leads.map((_, lead) => median(used.map((index) => pieces[index]![lead]!)));
    used = [];
    for (let index = 0; index < beats.length; index++) {
      const { lag, likeness } = bestLag(pieces[index]!, usual);
      if (!(likeness >= LEAST_LIKENESS)) continue;
      used.push(index);
      lags[index]! += lag;
      for (let lead = 0; lead < leads.length; lead++)
        pieces[index]![lead] = pieceOf(overlay, lead, beats[index]!, lags[index]!);
    }
  }
  return {
    whole: averageOf(used, pieces, leads.length),
    halves: [0, 1].map((half) =>
      averageOf(
        used.filter((_, k) => k % 2 === half),
        pieces,
        leads.length,
      ),
    ) as [Averaged, Averaged],
  };
}

function averageOf(used: number[], pieces: Float64Array[][], leads: number): Averaged {
  const averages: Float64Array[] = [];
  const noise: number[] = [];
  for (let lead = 0; lead < leads; lead++) {
    const own = used.map((index) => pieces[index]![lead]!);
    const usual = median(own);
    averages.push(usual);
    noise.push(errorOf(own, usual));
  }
  return { leads: averages, noise, used };
}

/** A beat of one lead on the grid, in millivolts above the level before the complexes. */
function pieceOf(overlay: Overlay, lead: number, beat: Overlay["beats"][number], lag: number): Float64Array {
  const { rate, leads, gains } = overlay;
  const signal = leads[lead]!;
  const millivolts = 1 / (Math.abs(gains[lead]!) || 200);
  const [l0, l1, l2] = [beat.before, beat.at, beat.behind].map((at) => levelAt(signal, at, rate)) as [
    number,
    number,
    number,
  ];
  // A parabola through the three levels: breathing bends the baseline within a beat.
  const first = (l1 - l0) / (beat.at - beat.before);
  const second = ((l2 - l1) / (beat.behind - beat.at) - first) / (beat.behind - beat.before);
  const piece = new Float64Array(LENGTH);
  for (let k = 0; k < LENGTH; k++) {
    const at = beat.at + ((k - MARK + lag) * rate) / GRID_RATE;
    const onLevel = at - ((LEVEL_FROM + LEVEL_TO) / 2) * rate;
    const level = l1 + (onLevel - beat.at) * (first + second * (onLevel - beat.before));
    piece[k] = (between(signal, at) - level) * millivolts;
  }
  return piece;
}

function levelAt(signal: ArrayLike<number>, at: number, rate: number): number {
  const from = Math.max(0, Math.round(at + LEVEL_FROM * rate));
  const to = Math.max(from + 1, Math.round(at + LEVEL_TO * rate));
  let sum = 0;
  for (let i = from; i < to; i++) sum += signal[i]!;
  return sum / (to - from);
}

/** Catmull and Rom's cubic between samples. */
function between(signal: ArrayLike<number>, at: number): number {
  const i = Math.floor(at);
  const t = at - i;
  const last = signal.length - 1;
  const a = signal[Math.max(0, Math.min(last, i - 1))]!;
  const b = signal[Math.max(0, Math.min(last, i))]!;
  const c = signal[Math.max(0, Math.min(last, i + 1))]!;
  const d = signal[Math.max(0, Math.min(last, i + 2))]!;
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

function bestLag(beat: Float64Array[], usual: Float64Array[]): { lag: number; likeness: number } {
  const likeness = new Float64Array(2 * LAG + 1);
  let best = 0;
  for (let k = 0; k < likeness.length; k++) {
    likeness[k] = likenessAt(beat, usual, k - LAG);
    if (likeness[k]! > likeness[best]!) best = k;
  }
  const [left, top, right] = [likeness[best - 1], likeness[best]!, likeness[best + 1]];
  const bend = left === undefined || right === undefined ? 0 : left - 2 * top + right;
  const inner = bend < 0 ? (0.5 * (left! - right!)) / bend : 0;
  return { lag: best - LAG + inner, likeness: top };
}

/** The correlation over the complexes of all leads together. */
function likenessAt(beat: Float64Array[], usual: Float64Array[], lag: number): number {
  let both = 0;
  let own = 0;
  let other = 0;
  for (let lead = 0; lead < beat.length; lead++) {
    const [x, y] = [beat[lead]!, usual[lead]!];
    let sx = 0;
    let sy = 0;
    for (let k = MARK - COMPLEX_HALF; k <= MARK + COMPLEX_HALF; k++) {
      sx += x[k + lag]!;
      sy += y[k]!;
    }
    const count = 2 * COMPLEX_HALF + 1;
    for (let k = MARK - COMPLEX_HALF; k <= MARK + COMPLEX_HALF; k++) {
      const [dx, dy] = [x[k + lag]! - sx / count, y[k]! - sy / count];
      both += dx * dy;
      own += dx * dx;
      other += dy * dy;
    }
  }
  return both / Math.sqrt(own * other);
}

function median(pieces: Float64Array[]): Float64Array {
  const result = new Float64Array(LENGTH);
  const column = new Float64Array(pieces.length);
  if (pieces.length === 0) return result;
  for (let k = 0; k < LENGTH; k++) {
    for (let i = 0; i < pieces.length; i++) column[i] = pieces[i]![k]!;
    result[k] = middle(column);
  }
  return result;
}

/** The mean of both middles where there are two: the lower alone would sink with the noise. */
function middle(column: Float64Array): number {
  const half = column.length >> 1;
  const upper = select(column, half);
  if (column.length % 2) return upper;
  let lower = column[0]!;
  for (let i = 1; i < half; i++) if (column[i]! > lower) lower = column[i]!;
  return (lower + upper) / 2;
}

function errorOf(pieces: Float64Array[], usual: Float64Array): number {
  if (pieces.length < 2) return Number.POSITIVE_INFINITY;
  const column = new Float64Array(pieces.length);
  const errors: number[] = [];
  for (let k = 0; k < LENGTH; k += 5) {
    for (let i = 0; i < pieces.length; i++) column[i] = Math.abs(pieces[i]![k]! - usual[k]!);
    errors.push(middle(column));
  }
  const typical = select(Float64Array.from(errors), errors.length >> 1);
  return (MEDIAN_ERROR * DEVIATION * typical) / Math.sqrt(pieces.length);
}
