import { refusal } from "../refusal";
import { CONTEXT_ROW, LONGEST, SYMBOLS, WORDS } from "./codes";

/** Bits read most significant first. `acc` holds `held` unread bits in its low end. */
export interface BitSource {
  bytes: Uint8Array;
  position: number;
  acc: number;
  held: number;
}

export function truncated(): Error {
  return refusal("BLOCK_TRUNCATED", "decode block: ends inside a lead");
}

/** Takes `width` (1 to 24) bits as an unsigned number. Throws `BLOCK_TRUNCATED` past the end. */
export function takeBits(source: BitSource, width: number): number {
  while (source.held < width) {
    if (source.position >= source.bytes.length) throw truncated();
    source.acc = (source.acc << 8) | source.bytes[source.position++];
    source.held += 8;
  }
  source.held -= width;
  return (source.acc >>> source.held) & ((1 << width) - 1);
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

/** Takes the codes of `r[1..]`, written by `putResiduals`. Throws `BLOCK_TRUNCATED` or `BLOCK_ESCAPE`. */
export function takeResiduals(source: BitSource, r: Int32Array, level: number): void {
  const contextRow = CONTEXT_ROW;
  const table = lookupTable();
  const bytes = source.bytes;
  const end = bytes.length;
  const count = r.length;
  let position = source.position;
  let acc = source.acc;
  let held = source.held;
  let s = (1 << level) - 1;
  for (let i = 1; i < count; i++) {
    let t = s;
    let k = 0;
    while (t > 31 && k < 16) {
      t >>= 1;
      k++;
    }
    if (t > 31) t = 31;
    while (held < 24 && position < end) {
      acc = (acc << 8) | bytes[position++];
      held += 8;
    }
    // Near the end fewer than LONGEST bits may be left: the missing ones read as zeros, and are refused below if used.
    const next = held < LONGEST ? acc << (LONGEST - held) : acc >>> (held - LONGEST);
    const found = table[(contextRow[t] << (LONGEST - 5)) | (next & 4095)];
    let u = found >> 4;
    held -= found & 15;
    if (held < 0) throw truncated();
    if (k > 0 || u > 23) {
      const symbol = u;
      let left = symbol > 30 ? 28 : symbol > 23 ? symbol - 21 + k : k;
      if (symbol > 23) u = symbol > 30 ? 0 : 1;
      while (left > 0) {
        const width = Math.min(left, 14);
        while (held < 24 && position < end) {
          acc = (acc << 8) | bytes[position++];
          held += 8;
        }
        held -= width;
        if (held < 0) throw truncated();
        u = (u << width) | ((acc >>> held) & ((1 << width) - 1));
        left -= width;
      }
      if (symbol > 30) {
        if (u >> k < 1040)
          throw refusal(
            "BLOCK_ESCAPE",
            "decode block: residual " + i + " is escaped although a symbol has it",
          );
      } else if (symbol > 23) u += 16 << k;
    }
    const a = (u + 1) >> 1;
    r[i] = u & 1 ? -a : a;
    s += a - (s >> 2);
  }
  source.position = position;
  source.acc = acc;
  source.held = held;
}

/** Throws `BLOCK_PADDING` or `BLOCK_TRAILING` unless only zero bits that fill the last byte are left. */
export function checkEnd(source: BitSource): void {
  if (source.position < source.bytes.length || source.held > 7)
    throw refusal("BLOCK_TRAILING", "decode block: bytes follow the last lead");
  if ((source.acc & ((1 << source.held) - 1)) !== 0)
    throw refusal("BLOCK_PADDING", "decode block: padding bits are not zero");
}
