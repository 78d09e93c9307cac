/**
 * Beats as bytes, a batch that opens alone. A number of beats, then for each: how many samples it lies behind the one
 * before (the first one: behind sample 0), times 8, plus the place of its class in NSVFQ; and its confidence in 255ths.
 * Numbers are LEB128 (7 bits a byte, low ones first, all but the last with 0x80), the confidence is one byte. Zeros follow
 * up to a multiple of the batch's step. At the rates that are analysed, a beat has three bytes.
 */
import type { Beat, BeatClass } from "../../rhythm/types";

const CLASSES: BeatClass[] = ["N", "S", "V", "F", "Q"];
/** More than 2^48 is no sample of ours. */
const MAX_SHIFT = 2 ** 49;

/**
 * How long a batch is must not tell how fast the heart was: what 85 beats a minute take, whether or not there were as
 * many; a heart beyond that shows that it was.
 */
const STEP_BYTES_PER_SECOND = 4.25;
const LEAST_STEP = 64;

/** @param beats ascending @param seconds of signal in which they may lie @throws RangeError for beats out of order */
export function packBeats(beats: readonly Beat[], seconds: number): Buffer {
  const bytes: number[] = [];
  const put = (value: number) => {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
    bytes.push(rest);
  };
  put(beats.length);
  let before = 0;
  for (const { sample, class: kind, confidence } of beats) {
    if (sample < before) throw new RangeError(`a beat at sample ${sample} comes behind one at ${before}`);
    put((sample - before) * 8 + CLASSES.indexOf(kind));
    bytes.push(Math.round(255 * confidence));
    before = sample;
  }
  const step = Math.max(LEAST_STEP, Math.ceil(STEP_BYTES_PER_SECOND * seconds));
  const packed = Buffer.alloc(step * Math.ceil(bytes.length / step));
  packed.set(bytes);
  return packed;
}

/** @throws RangeError for what packBeats does not make */
export function unpackBeats(packed: Uint8Array): Beat[] {
  let at = 0;
  const byte = () => {
    const value = packed[at++];
    if (value === undefined) throw new RangeError("a batch of beats ends too soon");
    return value;
  };
  const take = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 0x80) {
      if (shift >= MAX_SHIFT) throw new RangeError("a batch of beats has a number that is none");
      const bits = byte();
      value += (bits & 0x7f) * shift;
      if (bits < 0x80) return value;
    }
  };
  const count = take();
  const beats: Beat[] = [];
  let sample = 0;
  for (let n = 0; n < count; n++) {
    const value = take();
    const kind = CLASSES[value % 8];
    if (kind === undefined) throw new RangeError("a batch of beats has a class that is none");
    sample += Math.floor(value / 8);
    beats.push({ sample, class: kind, confidence: byte() / 255 });
  }
  return beats;
}
