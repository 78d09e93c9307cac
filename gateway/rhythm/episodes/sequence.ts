/** A window's beats one by one, as a network reads them: when each comes, and what it looks like beside the usual one. */
import { shapesOf } from "./shapes";
import { levelled, smoothed, WAVE_RATE, waveSamples } from "./signal";
import { correlation, mean, medianOf } from "./statistics";

const CONTOUR_FROM = waveSamples(-0.3);
const CONTOUR_TO = waveSamples(0.45);
const CONTOUR_STEP = 6;
const P_FROM = waveSamples(0.26);
const P_LENGTH = waveSamples(0.19);
const WIDE = waveSamples(0.3);

const CONTOUR = Math.floor((CONTOUR_TO - CONTOUR_FROM) / CONTOUR_STEP) + 1;
/** Values per beat. */
export const BEAT_VALUES = 11 + CONTOUR;
/** Of longer windows the first so many beats are read. */
export const MOST_BEATS = 160;

/**
 * @param waves a window of one lead in millivolts at {@link WAVE_RATE}
 * @param beats wave samples, ascending
 * @returns {@link BEAT_VALUES} per beat, about -3 to 3, beat after beat
 */
export function beatSequence(waves: Float64Array, beats: number[]): Float64Array {
  const level = levelled(waves);
  const fine = smoothed(level, 3);
  const soft = smoothed(smoothed(level, 5), 5);
  const { complexes: all, usual } = shapesOf(fine, beats);
  const complexes = all.slice(0, MOST_BEATS);
  const own = complexes.filter(({ shape }) => shape === usual);
  const size = medianOf(own.map((complex) => complex.size));
  const intervals = complexes.map(({ at }, i) => (i ? (at - complexes[i - 1]!.at) / WAVE_RATE : Number.NaN));
  const typical = medianOf(intervals.slice(1));
  const atrial = new Float64Array(P_LENGTH);
  for (const { at } of own)
    for (let k = 0; k < P_LENGTH; k++) atrial[k]! += (soft[at - P_FROM + k] ?? 0) / own.length;
  const sequence = new Float64Array(complexes.length * BEAT_VALUES);
  complexes.forEach(({ at, shape, likeness, size: height }, i) => {
    const local = medianOf(intervals.slice(Math.max(1, i - 4), i + 5));
    const before = intervals[i] ?? local;
    const interval = Number.isNaN(before) ? local : before;
    const after = intervals[i + 1] ?? local;
    const to = i * BEAT_VALUES;
    const set = (k: number, value: number) => {
      sequence[to + k] = Number.isFinite(value) ? Math.max(-4, Math.min(4, value)) : 0;
    };
    set(0, 4 * Math.log(interval / local));
    set(1, 4 * Math.log(after / local));
    set(2, 2 * Math.log(interval / 0.8));
    set(3, 4 * Math.log(after / interval));
    set(4, 4 * (1 - likeness));
    set(5, 2 * Math.log(height / size));
    set(6, shape === usual ? 0 : 1);
    set(7, at >= P_FROM ? 1 - correlation(soft, at - P_FROM, atrial, 0, P_LENGTH) : 0);
    set(8, 2 * Math.log(local / typical));
    set(9, Math.log(0.02 + roughness(fine, at, size)) + 3);
    set(10, 2 * Math.log(typical / 0.8));
    const zero = at >= 14 ? mean(soft.subarray(at - 14, at - 9)) : 0;
    for (let k = 0; k < CONTOUR; k++)
      set(11 + k, (2 * ((soft[at + CONTOUR_FROM + k * CONTOUR_STEP] ?? 0) - zero)) / size);
  });
  return sequence;
}

/** Slope around a complex but outside it, beside the complex's height. */
function roughness(fine: Float64Array, at: number, size: number): number {
  let sum = 0;
  let count = 0;
  for (let i = Math.max(1, at - WIDE); i < Math.min(fine.length - 1, at + WIDE); i++)
    if (Math.abs(i - at) > waveSamples(0.12)) {
      sum += Math.abs(fine[i + 1]! - fine[i - 1]!);
      count++;
    }
  return (4 * sum) / Math.max(1, count) / size;
}
