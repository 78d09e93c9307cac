/** Beats of a recording: where they are, of which class, and the time between them. */
import { BEAT_BYTES, BEAT_CLASSES } from "../../../schema/findings";
import type { Range } from "./samples";

export interface Beats {
  /** Ascending, in the recording. */
  samples: Uint32Array;
  /** Places in BEAT_CLASSES. */
  classes: Uint8Array;
  /** In 255ths. */
  confidences: Uint8Array;
}

export const NO_BEATS: Beats = {
  samples: new Uint32Array(),
  classes: new Uint8Array(),
  confidences: new Uint8Array(),
};

/** @param bytes as the API has them; what is left over behind the last whole beat is not looked at */
export function beatsOf(bytes: ArrayBuffer): Beats {
  const view = new DataView(bytes);
  const count = Math.floor(bytes.byteLength / BEAT_BYTES);
  const beats: Beats = {
    samples: new Uint32Array(count),
    classes: new Uint8Array(count),
    confidences: new Uint8Array(count),
  };
  for (let n = 0; n < count; n++) {
    beats.samples[n] = view.getUint32(n * BEAT_BYTES, true);
    beats.classes[n] = view.getUint8(n * BEAT_BYTES + 4);
    beats.confidences[n] = view.getUint8(n * BEAT_BYTES + 5);
  }
  return beats;
}

/** @param more behind them; the same object where there are none */
export function joinedBeats(beats: Beats, more: Beats): Beats {
  if (more.samples.length === 0) return beats;
  const joined = <Bytes extends Uint32Array | Uint8Array>(
    all: Bytes,
    before: Bytes,
    behind: Bytes,
  ): Bytes => {
    all.set(before);
    all.set(behind, before.length);
    return all;
  };
  const length = beats.samples.length + more.samples.length;
  return {
    samples: joined(new Uint32Array(length), beats.samples, more.samples),
    classes: joined(new Uint8Array(length), beats.classes, more.classes),
    confidences: joined(new Uint8Array(length), beats.confidences, more.confidences),
  };
}

export const classOf = ({ classes }: Beats, n: number): string => BEAT_CLASSES[classes[n]!] ?? "Q";

/** The number of the first beat that does not lie before a sample. */
export function firstFrom({ samples }: Beats, sample: number): number {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle]! < sample) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Seconds from the beat before to each one; NaN for the first one, and where a gap lies between, in which there may have
 * been others.
 * @param gaps ascending
 * @param rate samples per second
 */
export function intervalsOf({ samples }: Beats, gaps: readonly Range[], rate: number): Float64Array {
  const intervals = new Float64Array(samples.length).fill(Number.NaN);
  let gap = 0;
  for (let n = 1; n < samples.length; n++) {
    const [before, here] = [samples[n - 1]!, samples[n]!];
    while (gap < gaps.length && gaps[gap]!.to <= before) gap++;
    const isBroken = gap < gaps.length && gaps[gap]!.from < here;
    if (!isBroken) intervals[n] = (here - before) / rate;
  }
  return intervals;
}
