/** Signals whose rhythm is known because it was made up. */
import type { BeatClass } from "../../../../gateway/rhythm/types";
import { Random } from "../../../../tools/sim/random";

export interface InventedBeat {
  /** Seconds. */
  at: number;
  class: BeatClass;
  /** Whether a P wave comes before it. */
  atrial: boolean;
}

/** Waves as bells: seconds from the beat, millivolts, width in seconds. */
const NORMAL = [
  [-0.025, -0.1, 0.012],
  [0, 1.1, 0.012],
  [0.028, -0.25, 0.013],
  [0.27, 0.3, 0.055],
] as const;
const WIDE = [
  [0, 1.5, 0.04],
  [0.08, -0.6, 0.04],
  [0.3, -0.4, 0.06],
] as const;
const ATRIAL = [-0.16, 0.15, 0.025] as const;

export function invented(beats: InventedBeat[], seconds: number, rate: number, gain: number): Int32Array {
  const random = new Random("invented");
  const signal = new Float64Array(Math.round(seconds * rate));
  for (let i = 0; i < signal.length; i++)
    signal[i] = 0.012 * random.gaussian() + 0.08 * Math.sin((2 * Math.PI * 0.25 * i) / rate);
  for (const { at, class: kind, atrial } of beats) {
    const waves = kind === "V" ? [...WIDE] : atrial ? [...NORMAL, ATRIAL] : [...NORMAL];
    for (const [offset, height, width] of waves) {
      const middle = (at + offset) * rate;
      const half = 4 * width * rate;
      for (let i = Math.max(0, Math.ceil(middle - half)); i < Math.min(signal.length, middle + half); i++)
        signal[i]! += height * Math.exp(-((i - middle) ** 2) / (2 * (width * rate) ** 2));
    }
  }
  return Int32Array.from(signal, (value) => Math.round(value * gain));
}
