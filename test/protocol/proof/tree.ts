/** RFC 6962 section 2.1 word for word, to prove with: slow, and short enough to be seen to be right. */
import { nodeCrypto } from "../../../gateway/crypto";
import { leafHash, nodeHash } from "../../../protocol/merkle";

const { sha256 } = nodeCrypto;

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

export function rootOf(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leafHash(sha256, leaves[0]!);
  const k = split(leaves.length);
  return nodeHash(sha256, rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

export function inclusionPath(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusionPath(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...inclusionPath(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

export function consistencyPath(from: number, leaves: Uint8Array[], whole = true): Uint8Array[] {
  if (from === leaves.length) return whole ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return from <= k
    ? [...consistencyPath(from, leaves.slice(0, k), whole), rootOf(leaves.slice(k))]
    : [...consistencyPath(from - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}
