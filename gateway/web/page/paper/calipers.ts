/** Calipers: two feet, each on a sample, and what lies between them. */
import { countAt, type Piece } from "./samples";

export interface Calipers {
  /** Numbers of samples, in the recording. */
  a: number;
  b: number;
}

export type Foot = keyof Calipers;

export interface Reading {
  samples: number;
  milliseconds: number;
  /** If a beat came each time; undefined while both feet are on one sample. */
  perMinute?: number;
  /** From foot a to foot b; undefined in gaps, between samples that are not loaded, and for uncalibrated leads. */
  millivolts?: number;
}

const clamp = (value: number, samples: number): number =>
  Math.min(Math.max(0, value), Math.max(0, samples - 1));

/** To the nearest sample that the recording has. @param samples of the recording */
export function placed(calipers: Calipers, foot: Foot, at: number, samples: number): Calipers {
  return { ...calipers, [foot]: clamp(Math.round(at), samples) };
}

/** By so many samples, as arrow keys do. */
export function nudged(calipers: Calipers, foot: Foot, by: number, samples: number): Calipers {
  return placed(calipers, foot, calipers[foot] + by, samples);
}

/** Both, keeping their distance: as far as the recording goes. */
export function moved({ a, b }: Calipers, by: number, samples: number): Calipers {
  const least = -Math.min(a, b);
  const most = samples - 1 - Math.max(a, b);
  const step = Math.min(Math.max(Math.round(by), least), Math.max(least, most));
  return { a: a + step, b: b + step };
}

/**
 * @param rate samples per second
 * @param countsPerMv undefined when uncalibrated
 */
export function readCalipers({ a, b }: Calipers, rate: number, piece?: Piece, countsPerMv?: number): Reading {
  const samples = Math.abs(b - a);
  const from = piece && countAt(piece, a);
  const to = piece && countAt(piece, b);
  return {
    samples,
    milliseconds: (samples * 1000) / rate,
    ...(samples > 0 && { perMinute: (60 * rate) / samples }),
    ...(from !== undefined &&
      to !== undefined &&
      countsPerMv !== undefined && { millivolts: (to - from) / countsPerMv }),
  };
}

/** Marching out: the same interval again and again, to both sides, as far as the window goes; without the feet. */
export function marchOut({ a, b }: Calipers, from: number, to: number): number[] {
  const step = Math.abs(b - a);
  if (step === 0) return [];
  const places: number[] = [];
  const origin = Math.min(a, b);
  for (let n = Math.ceil((from - origin) / step); origin + n * step <= to; n++)
    if (n !== 0 && n !== 1) places.push(origin + n * step);
  return places;
}

/** The foot that someone who points there means. @param at in samples */
export function nearerFoot({ a, b }: Calipers, at: number): Foot {
  return Math.abs(at - a) <= Math.abs(at - b) ? "a" : "b";
}
