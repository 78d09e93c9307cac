/** Power of a signal by frequency, in pieces of 2.56 s. */
import { WAVE_RATE } from "./signal";

const SIZE = 512;
/** Hz between two lines. */
export const LINE = WAVE_RATE / SIZE;

const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const cosines = Float64Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const sines = Float64Array.from({ length: SIZE / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / SIZE));

/** Welch's estimate: mean of the pieces, half overlapping, under a Hann window. All 0 where the signal is too short. */
export function spectrumOf(signal: Float64Array): Float64Array {
  const power = new Float64Array(SIZE / 2);
  const re = new Float64Array(SIZE);
  const im = new Float64Array(SIZE);
  let pieces = 0;
  for (let from = 0; from + SIZE <= signal.length; from += SIZE / 2) {
    for (let i = 0; i < SIZE; i++) re[i] = signal[from + i]! * hann[i]!;
    im.fill(0);
    transform(re, im);
    for (let i = 0; i < SIZE / 2; i++) power[i]! += re[i]! ** 2 + im[i]! ** 2;
    pieces++;
  }
  return pieces ? power.map((value) => value / pieces) : power;
}

/** Power between two frequencies. */
export function bandPower(power: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = Math.ceil(from / LINE); i < Math.min(power.length, to / LINE); i++) sum += power[i]!;
  return sum;
}

/** Cooley and Tukey, in place. */
function transform(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < SIZE; i++) {
    let bit = SIZE >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let length = 2; length <= SIZE; length <<= 1) {
    const half = length >> 1;
    const stride = SIZE / length;
    for (let start = 0; start < SIZE; start += length)
      for (let k = 0; k < half; k++) {
        const c = cosines[k * stride]!;
        const s = sines[k * stride]!;
        const a = start + k;
        const b = a + half;
        const x = re[b]! * c - im[b]! * s;
        const y = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a]! += x;
        im[a]! += y;
      }
  }
}
