/**
 * AES-128 (FIPS 197), forwards, block by block. Its four tables of 1 KiB stay in a processor's nearest cache, which the
 * 640 KiB of the library's do not: a day has three million blocks. How long it takes depends on key and data, and tells
 * nobody anything: the key lies in the file that is judged.
 */
import { unsafe } from "@noble/ciphers/aes.js";

const ROUNDS = 10;
const SBOX = sbox();
/** SubBytes and MixColumns of a column's first byte; those of the others are the same, turned. Little-endian words. */
const T0 = Int32Array.from(SBOX, (s) => double(s) | (s << 8) | (s << 16) | ((double(s) ^ s) << 24));
const T1 = T0.map((word) => turned(word, 8));
const T2 = T0.map((word) => turned(word, 16));
const T3 = T0.map((word) => turned(word, 24));

export class Aes {
  /** What `encrypt` made, as four little-endian words. */
  readonly out = new Int32Array(4);
  private readonly schedule: Int32Array;

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    this.schedule = Int32Array.from(unsafe.expandKeyLE(key));
  }

  /** One block of four little-endian words, into `out`. */
  encrypt(w0: number, w1: number, w2: number, w3: number): void {
    const k = this.schedule;
    let [a, b, c, d] = [w0 ^ k[0]!, w1 ^ k[1]!, w2 ^ k[2]!, w3 ^ k[3]!];
    let at = 4;
    for (; at < 4 * ROUNDS; at += 4) {
      const e = column(a, b, c, d) ^ k[at]!;
      const f = column(b, c, d, a) ^ k[at + 1]!;
      const g = column(c, d, a, b) ^ k[at + 2]!;
      d = column(d, a, b, c) ^ k[at + 3]!;
      [a, b, c] = [e, f, g];
    }
    const { out } = this;
    out[0] = lastColumn(a, b, c, d) ^ k[at]!;
    out[1] = lastColumn(b, c, d, a) ^ k[at + 1]!;
    out[2] = lastColumn(c, d, a, b) ^ k[at + 2]!;
    out[3] = lastColumn(d, a, b, c) ^ k[at + 3]!;
  }
}

/** A round's column, of the bytes that ShiftRows brings together. */
function column(a: number, b: number, c: number, d: number): number {
  return T0[a & 255]! ^ T1[(b >> 8) & 255]! ^ T2[(c >> 16) & 255]! ^ T3[d >>> 24]!;
}

/** The last round's, which MixColumns is no part of. */
function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    SBOX[a & 255]! | (SBOX[(b >> 8) & 255]! << 8) | (SBOX[(c >> 16) & 255]! << 16) | (SBOX[d >>> 24]! << 24)
  );
}

function turned(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Times x in the field of AES. */
function double(byte: number): number {
  return ((byte << 1) ^ (byte >> 7 ? 0x11b : 0)) & 255;
}

function sbox(): Uint8Array {
  // Powers of 3, which are all bytes but 0: the inverse of the nth is the one as far from the end.
  const powers = new Uint8Array(255);
  for (let n = 0, power = 1; n < 255; n++, power ^= double(power)) powers[n] = power;
  const box = new Uint8Array(256).fill(0x63);
  for (let n = 0; n < 255; n++) {
    const inverse = powers[(255 - n) % 255]! * 0x101;
    const mixed = inverse ^ (inverse >> 4) ^ (inverse >> 5) ^ (inverse >> 6) ^ (inverse >> 7);
    box[powers[n]!] = (mixed ^ 0x63) & 255;
  }
  return box;
}
