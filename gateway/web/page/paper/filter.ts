/**
 * Filters of what is shown, and of nothing else: zero-phase (forward and backward), so that no wave is moved. High-pass
 * 0.67 Hz and low-pass 40 Hz as monitors have them (AHA/ACC/HRS 2007, doi:10.1161/CIRCULATIONAHA.106.180200: 0.67 Hz is
 * allowed where there is no phase distortion), Butterworth of second order, each half at its edge after both passes; a
 * notch of quality 10 at the mains' frequency. Biquads after R. Bristow-Johnson's Audio EQ Cookbook.
 */
import { NO_SAMPLE } from "../../../schema/nosample";
import type { Piece } from "./samples";

export interface Filters {
  /** Removes breathing and moving: high-pass 0.67 Hz. */
  baseline: boolean;
  /** Removes muscles' noise: low-pass 40 Hz. */
  muscle: boolean;
  /** Hz */
  mains?: 50 | 60;
}

export const RAW: Filters = { baseline: false, muscle: false };
export const MONITOR: Filters = { baseline: true, muscle: true };
export const HIGH_PASS_HZ = 0.67;
export const LOW_PASS_HZ = 40;
const BUTTERWORTH_Q = Math.SQRT1_2;
const NOTCH_Q = 10;
/** Of signal on either side, after which what came before is forgotten. */
export const SETTLING_SECONDS = 2;

export const isRaw = ({ baseline, muscle, mains }: Filters): boolean =>
  !baseline && !muscle && mains === undefined;

interface Biquad {
  b: [number, number, number];
  a: [number, number];
}

type Kind = "low" | "high" | "notch";

function biquad(kind: Kind, hz: number, rate: number, q: number): Biquad {
  const w = (2 * Math.PI * hz) / rate;
  const [cos, alpha] = [Math.cos(w), Math.sin(w) / (2 * q)];
  const a0 = 1 + alpha;
  const b: Record<Kind, [number, number, number]> = {
    low: [(1 - cos) / 2, 1 - cos, (1 - cos) / 2],
    high: [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2],
    notch: [1, -2 * cos, 1],
  };
  const [b0, b1, b2] = b[kind];
  return { b: [b0 / a0, b1 / a0, b2 / a0], a: [(-2 * cos) / a0, (1 - alpha) / a0] };
}

/** Those whose edge this rate can have. */
function biquadsOf({ baseline, muscle, mains }: Filters, rate: number): Biquad[] {
  const all: [boolean, Kind, number, number][] = [
    [baseline, "high", HIGH_PASS_HZ, BUTTERWORTH_Q],
    [muscle, "low", LOW_PASS_HZ, BUTTERWORTH_Q],
    [mains !== undefined, "notch", mains ?? 50, NOTCH_Q],
  ];
  return all.flatMap(([isOn, kind, hz, q]) => (isOn && hz < rate / 2 ? [biquad(kind, hz, rate, q)] : []));
}

/** In place, from one end to the other, beginning as if the first value had always been. */
function pass({ b, a }: Biquad, values: Float64Array): void {
  const first = values[0] ?? 0;
  const gain = (b[0] + b[1] + b[2]) / (1 + a[0] + a[1]);
  let [x1, x2, y1, y2] = [first, first, first * gain, first * gain];
  for (let n = 0; n < values.length; n++) {
    const x = values[n]!;
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    values[n] = y;
  }
}

/** A run without gaps, longer by its own mirror image at both ends, so that it begins and ends as it goes on. */
function filteredRun(run: Int32Array, biquads: readonly Biquad[], rate: number): Float64Array {
  const pad = Math.min(run.length - 1, Math.round(SETTLING_SECONDS * rate));
  const values = new Float64Array(run.length + 2 * pad);
  const [first, last] = [run[0]!, run.at(-1)!];
  for (let n = 0; n < pad; n++) {
    values[pad - 1 - n] = 2 * first - run[n + 1]!;
    values[pad + run.length + n] = 2 * last - run[run.length - 2 - n]!;
  }
  values.set(run, pad);
  for (const one of biquads) {
    pass(one, values);
    values.reverse();
    pass(one, values);
    values.reverse();
  }
  return values.subarray(pad, pad + run.length);
}

/**
 * @param piece of single samples; pairs, which are no signal, stay as they are
 * @param baseline the count that means 0: what a high-pass takes away goes there
 */
export function filtered(piece: Piece, filters: Filters, rate: number, baseline: number): Piece {
  const biquads = biquadsOf(filters, rate);
  if (piece.step !== 1 || biquads.length === 0) return piece;
  const values = new Int32Array(piece.values.length).fill(NO_SAMPLE);
  const offset = filters.baseline ? baseline : 0;
  for (let from = 0; from < values.length; ) {
    if (piece.values[from] === NO_SAMPLE) {
      from++;
      continue;
    }
    let to = from;
    while (to < values.length && piece.values[to] !== NO_SAMPLE) to++;
    const run = filteredRun(piece.values.subarray(from, to), biquads, rate);
    for (const [n, value] of run.entries()) values[from + n] = Math.round(value + offset);
    from = to;
  }
  return { ...piece, values };
}
