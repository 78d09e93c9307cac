/** A short strip of one lead as a whole, as a handheld records it on demand. */
import { detectBeats } from "../score/record";
import { rrFeatures } from "./rr";
import { WAVE_RATE, wavesOf } from "./signal";
import { waveFeatures } from "./waves";

/** All figures of a strip by name, in an order that never changes. @param gain counts per millivolt */
export function stripFeatures(samples: Int32Array, rate: number, gain: number): Record<string, number> {
  return windowFeatures(
    wavesOf(samples, rate, gain),
    detectBeats(samples, rate, gain).map((beat) => ((beat + 0.5) * WAVE_RATE) / rate),
  );
}

/** @param waves millivolts at {@link WAVE_RATE} @param beats wave samples */
export function windowFeatures(waves: Float64Array, beats: number[]): Record<string, number> {
  const rr = beats.slice(1).map((beat, i) => (beat - beats[i]!) / WAVE_RATE);
  return { ...rrFeatures(rr), ...waveFeatures(waves, beats) };
}
