/** Power of a signal by frequency, in pieces of 2.56 s. */
import { WAVE_RATE } from "./signal";

const SIZE = 512;
/** Hz between two lines. */
export const LINE = WAVE_RATE / SIZE;

const hann = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const cosines = Float64Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const reversed = Uint16Array.from({ length: SIZE }, (_, i) => {
  let out = 0;
  for (let bit = 1; bit < SIZE; bit <<= 1) out = (out << 1) | (i & bit ? 1 : 0);
  return out;
});
const sines = Float64Array.from({ length: SIZE / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / SIZE));

/** Welch's estimate: mean of the pieces, half overlapping, under a Hann window. All 0 where the signals are too short. */
export interface Spectra {
  first: Float64Array;
  second: Float64Array;
}

/** Of two equally long signals at once: one is the real part, the other the imaginary part of what is transformed. */
export function spectraOf(first: Float64Array, second: Float64Array): Spectra {
  const spectra = { first: new Float64Array(SIZE / 2), second: new Float64Array(SIZE / 2) };
  const re = new Float64Array(SIZE);
  const im = new Float64Array(SIZE);
  const pieces = Math.max(0, Math.floor(first.length / (SIZE / 2)) - 1);
  for (let piece = 0; piece < pieces; piece++) {
    const from = (piece * SIZE) / 2;
    for (let i = 0; i < SIZE; i++) {
      const at = reversed[i]!;
      re[at] = first[from + i]! * hann[i]!;
      im[at] = second[from + i]! * hann[i]!;
    }
    transform(re, im);
    for (let i = 1; i < SIZE / 2; i++) {
      const a = re[i]!;
      const b = im[i]!;
      const c = re[SIZE - i]!;
      const d = im[SIZE - i]!;
      spectra.first[i]! += ((a + c) * (a + c) + (b - d) * (b - d)) / (4 * pieces);
      spectra.second[i]! += ((b + d) * (b + d) + (c - a) * (c - a)) / (4 * pieces);
    }
  }
  return spectra;
}

/** Power between two frequencies. */
export function bandPower(power: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = Math.ceil(from / LINE); i < Math.min(power.length, to / LINE); i++) sum += power[i]!;
  return sum;
}

/** Cooley and Tukey, in place, on what is in the order of reversed bits. */
function transform(re: Float64Array, im: Float64Array): void {
  for (let length = 2; length <= SIZE; length <<= 1) {
    const half = length >> 1;
    const stride = SIZE / length;
    for (let k = 0; k < half; k++) {
      const c = cosines[k * stride]!;
      const s = sines[k * stride]!;
      for (let a = k; a < SIZE; a += length) {
        const b = a + half;
        const x = re[b]! * c - im[b]! * s;
        const y = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a] = re[a]! + x;
        im[a] = im[a]! + y;
      }
    }
  }
}
