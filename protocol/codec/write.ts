import { cut } from "../bytes";
import { CONTEXT_ROW, WORDS } from "./codes";

/** Bits written most significant first; `acc` holds the `pending` (< 8) that do not fill a byte yet. */
export interface BitSink {
  bytes: Uint8Array;
  position: number;
  acc: number;
  pending: number;
}

/** Appends the low `width` (0 to 24) bits of `value`. */
export function putBits(sink: BitSink, value: number, width: number): void {
  let n = sink.pending + width;
  const acc = (sink.acc << width) | (value & ((1 << width) - 1));
  while (n >= 8) {
    n -= 8;
    sink.bytes[sink.position++] = acc >>> n;
  }
  sink.acc = acc;
  sink.pending = n;
}

/** Fills the last byte with zero bits and returns the bytes written. */
export function finish(sink: BitSink): Uint8Array {
  if (sink.pending > 0) putBits(sink, 0, 8 - sink.pending);
  return cut(sink.bytes, 0, sink.position);
}

/**
 * Appends the codes of `r[1..]` (|r| < 2^27). One flat loop of int32 operations, so that it can be marked `"jit"` or be
 * rewritten in C. Stops and returns false when fewer than 12 bytes of the sink are left.
 */
export function putResiduals(sink: BitSink, r: Int32Array, level: number): boolean {
  const contextRow = CONTEXT_ROW;
  const words = WORDS;
  const bytes = sink.bytes;
  const stop = bytes.length - 12;
  const count = r.length;
  let position = sink.position;
  let acc = sink.acc;
  let n = sink.pending;
  let s = (1 << level) - 1;
  for (let i = 1; i < count && position < stop; i++) {
    const v = r[i];
    const a = v < 0 ? -v : v;
    const u = v < 0 ? a + a - 1 : a + a;
    let t = s;
    let k = 0;
    while (t > 31 && k < 16) {
      t >>= 1;
      k++;
    }
    if (t > 31) t = 31;
    let symbol = u >> k;
    let extra = k;
    if (symbol > 23) {
      const far = symbol - 16;
      symbol = 24;
      while (symbol < 31 && far >> (symbol - 20) > 0) symbol++;
      extra = symbol < 31 ? symbol - 21 + k : 28;
    }
    const word = words[contextRow[t] + symbol];
    acc = (acc << (word & 15)) | (word >> 4);
    n += word & 15;
    while (n >= 8) {
      n -= 8;
      bytes[position++] = acc >> n;
    }
    if (extra > 0) {
      let rest = symbol < 24 ? u : u - (16 << k);
      if (symbol === 31) {
        acc = (acc << 14) | (u >> 14);
        n += 14;
        while (n >= 8) {
          n -= 8;
          bytes[position++] = acc >> n;
        }
        extra = 14;
        rest = u;
      }
      acc = (acc << extra) | (rest & ((1 << extra) - 1));
      n += extra;
      while (n >= 8) {
        n -= 8;
        bytes[position++] = acc >> n;
      }
    }
    s += a - (s >> 2);
  }
  sink.position = position;
  sink.acc = acc;
  sink.pending = n;
  return position < stop;
}
