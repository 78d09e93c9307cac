/** Where samples stand on the paper: numbers of samples to x, counts to y, and back. */
import { pxPerMillivolt, pxPerSecond, type Scale } from "./scale";

/** What the recording says of a lead. */
export interface LeadScale {
  unit: string;
  /** Counts per unit; 0 = uncalibrated. */
  gain: number;
  /** Count that means 0 units. */
  baseline: number;
}

/** Published records write a small v, too. */
const UNITS_PER_MILLIVOLT: Record<string, number> = {
  V: 1e-3,
  v: 1e-3,
  mV: 1,
  mv: 1,
  uV: 1e3,
  uv: 1e3,
  "\u00b5V": 1e3,
  "\u03bcV": 1e3,
  nV: 1e6,
};

/** Undefined where the recording knows no voltage: then nothing on the screen may claim one. */
export function countsPerMillivolt({ unit, gain }: LeadScale): number | undefined {
  const units = UNITS_PER_MILLIVOLT[unit];
  return units === undefined || gain <= 0 ? undefined : gain * units;
}

export interface Place {
  /** x of sample 0, in pixels; far outside when the window is late in the recording. */
  x0: number;
  pxPerSample: number;
  /** y of the baseline, in pixels. */
  y0: number;
  pxPerCount: number;
  baseline: number;
}

/**
 * @param left x of sample `from`, which may lie between two samples
 * @param middle y of 0 mV
 * @param rate samples per second
 * @param countsPerMv for an uncalibrated lead: what is to look as large as 1 mV
 */
export function placeOf(
  scale: Scale,
  left: number,
  from: number,
  rate: number,
  middle: number,
  baseline: number,
  countsPerMv: number,
): Place {
  const pxPerSample = pxPerSecond(scale) / rate;
  return {
    x0: left - from * pxPerSample,
    pxPerSample,
    y0: middle,
    pxPerCount: pxPerMillivolt(scale) / countsPerMv,
    baseline,
  };
}

export const xOf = (place: Place, sample: number): number => place.x0 + sample * place.pxPerSample;
export const yOf = (place: Place, count: number): number =>
  place.y0 - (count - place.baseline) * place.pxPerCount;
/** Between two samples, mostly. */
export const sampleAt = (place: Place, x: number): number => (x - place.x0) / place.pxPerSample;
