/** The tree of RFC 6962 §2.1, word for word: slow, and the truth that the tree in SQLite is held to. */
import { createHash } from "node:crypto";

const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  createHash("sha256").update(Buffer.concat(parts)).digest();
const zero = new Uint8Array([0]);
const one = new Uint8Array([1]);
/** The largest power of two smaller than n. */
const k = (n: number) => 2 ** Math.floor(Math.log2(n - 1));

export function mth(d: Uint8Array[]): Uint8Array {
  if (d.length === 0) return sha256();
  if (d.length === 1) return sha256(zero, d[0]);
  return sha256(one, mth(d.slice(0, k(d.length))), mth(d.slice(k(d.length))));
}

export function path(m: number, d: Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  const left = d.slice(0, k(d.length));
  const right = d.slice(k(d.length));
  return m < left.length ? [...path(m, left), mth(right)] : [...path(m - left.length, right), mth(left)];
}

export function proof(m: number, d: Uint8Array[]): Uint8Array[] {
  return subproof(m, d, true);
}

function subproof(m: number, d: Uint8Array[], b: boolean): Uint8Array[] {
  if (m === d.length) return b ? [] : [mth(d)];
  const left = d.slice(0, k(d.length));
  const right = d.slice(k(d.length));
  return m <= left.length
    ? [...subproof(m, left, b), mth(right)]
    : [...subproof(m - left.length, right, false), mth(left)];
}
