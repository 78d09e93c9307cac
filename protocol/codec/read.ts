import { refusal } from "../refusal";
import { CONTEXT_ROW, LONGEST, SYMBOLS, WORDS } from "./codes";

/** Bits read most significant first; `at` is the next one. */
export interface BitSource {
  bytes: Uint8Array;
  at: number;
}

function truncated(): Error {
  return refusal("BLOCK_TRUNCATED", "decode block: ends inside a lead");
}

/** The next bits at the high end of an int32: 25 at least; zeros past the end. */
function peek(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = at >> 3; i < (at >> 3) + 4; i++) word = (word << 8) | (i < bytes.length ? bytes[i] : 0);
  return word << (at & 7);
}

/** Takes `width` (1 to 24) bits as an unsigned number. Throws `BLOCK_TRUNCATED` past the end. */
export function takeBits(source: BitSource, width: number): number {
  const at = source.at;
  if (at + width > 8 * source.bytes.length) throw truncated();
  source.at = at + width;
  return peek(source.bytes, at) >>> (32 - width);
}

/** Takes `width` bits as two's complement. */
export function takeSigned(source: BitSource, width: number): number {
  return (takeBits(source, width) << (32 - width)) >> (32 - width);
}

let lookup: Uint16Array | null = null;

/** `symbol << 4 | length` for every context and every next `LONGEST` bits; 128 KiB, made when first needed. */
function lookupTable(): Uint16Array {
  if (lookup !== null) return lookup;
  const table = new Uint16Array(16 << LONGEST);
  for (let i = 0; i < WORDS.length; i++) {
    const length = WORDS[i] & 15;
    const context = Math.floor(i / SYMBOLS);
    const first = (context << LONGEST) | ((WORDS[i] >> 4) << (LONGEST - length));
    for (let j = 0; j < 1 << (LONGEST - length); j++) table[first + j] = ((i % SYMBOLS) << 4) | length;
  }
  lookup = table;
  return table;
}

/** What follows symbol `symbol` of residual `i`, whose magnitude is reduced by `k` bits: the folded residual. */
function takeRest(source: BitSource, symbol: number, k: number, i: number): number {
  let u = symbol > 30 ? 0 : symbol > 23 ? 1 : symbol;
  let left = symbol > 30 ? 28 : symbol > 23 ? symbol - 21 + k : k;
  while (left > 0) {
    const width = Math.min(left, 14);
    u = (u << width) | takeBits(source, width);
    left -= width;
  }
  if (symbol <= 23) return u;
  if (symbol <= 30) return u + (16 << k);
  if (u >> k < 1040)
    throw refusal("BLOCK_ESCAPE", "decode block: residual " + i + " is escaped although a symbol has it");
  return u;
}

/** Takes the codes of `r[1..]`, written by `putResiduals`. Throws `BLOCK_TRUNCATED` or `BLOCK_ESCAPE`. */
export function takeResiduals(source: BitSource, r: Int32Array, level: number): void {
  const contextRow = CONTEXT_ROW;
  const table = lookupTable();
  const bytes = source.bytes;
  const lastWord = bytes.length - 4;
  const count = r.length;
  let at = source.at;
  let s = (1 << level) - 1;
  for (let i = 1; i < count; i++) {
    let t = s;
    let k = 0;
    while (t > 31 && k < 16) {
      t >>= 1;
      k++;
    }
    if (t > 31) t = 31;
    const p = at >> 3;
    const word =
      p <= lastWord
        ? ((bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3]) << (at & 7)
        : peek(bytes, at);
    const found = table[(contextRow[t] << (LONGEST - 5)) | (word >>> (32 - LONGEST))];
    const length = found & 15;
    let u = found >> 4;
    if (u < 24 && k < 14 && p <= lastWord) {
      // The word holds the k bits behind the code too. Shifted twice, because k may be 0.
      u = (u << k) | (((word << length) >>> 1) >>> (31 - k));
      at += length + k;
    } else {
      source.at = at;
      takeBits(source, length);
      u = takeRest(source, u, k, i);
      at = source.at;
    }
    const a = (u + 1) >> 1;
    r[i] = u & 1 ? -a : a;
    s += a - (s >> 2);
  }
  source.at = at;
}

/** Throws `BLOCK_PADDING` or `BLOCK_TRAILING` unless only zero bits that fill the last byte are left. */
export function checkEnd(source: BitSource): void {
  const left = 8 * source.bytes.length - source.at;
  if (left > 7) throw refusal("BLOCK_TRAILING", "decode block: bytes follow the last lead");
  if (left > 0 && takeBits(source, left) !== 0)
    throw refusal("BLOCK_PADDING", "decode block: padding bits are not zero");
}
