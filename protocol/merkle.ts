/** Merkle trees as in RFC 6962 §2.1: hashes, and the two proofs, verified as in RFC 9162 §2.1.3.2 and §2.1.4.2. */
import { concat, sameBytes } from "./bytes";
import { refusal } from "./refusal";

export type Hash = (data: Uint8Array) => Uint8Array;

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);
/** A tree of 2^53 leaves is 53 high. */
export const MAX_PATH = 53;

export function leafHash(sha256: Hash, leaf: Uint8Array): Uint8Array {
  return sha256(concat([LEAF, leaf]));
}

export function nodeHash(sha256: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat([NODE, left, right]));
}

// Indexes go to 2^53: beyond what bit operators hold.
function half(n: number): number {
  return Math.floor(n / 2);
}

function isOdd(n: number): boolean {
  return n % 2 === 1;
}

/**
 * The root that an inclusion proof leads to; whoever asks compares it with the one in a checkpoint.
 * @param hash of the leaf
 * @throws MERKLE_INDEX, MERKLE_PATH for a path of the wrong length
 */
export function inclusionRoot(
  sha256: Hash,
  hash: Uint8Array,
  index: number,
  size: number,
  path: Uint8Array[],
): Uint8Array {
  if (!(index >= 0 && index < size)) {
    throw refusal("MERKLE_INDEX", "leaf " + index + " of a tree of " + size);
  }
  let node = index;
  let last = size - 1;
  let root = hash;
  for (let i = 0; i < path.length; i++) {
    if (last === 0) throw refusal("MERKLE_PATH", "an inclusion proof with hashes left over");
    if (isOdd(node) || node === last) {
      root = nodeHash(sha256, path[i], root);
      while (!isOdd(node) && node > 0) {
        node = half(node);
        last = half(last);
      }
    } else root = nodeHash(sha256, root, path[i]);
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw refusal("MERKLE_PATH", "an inclusion proof that ends below the root");
  return root;
}

/** True when the tree of `newSize` leaves with `newRoot` is the one of `oldSize` with `oldRoot`, and more behind it. */
export function isConsistent(
  sha256: Hash,
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  path: Uint8Array[],
): boolean {
  if (oldSize > newSize) return false;
  if (oldSize === newSize) return path.length === 0 && sameBytes(oldRoot, newRoot);
  // Every tree goes on from the empty one, whose root says nothing.
  if (oldSize === 0) return path.length === 0 && sameBytes(oldRoot, sha256(new Uint8Array(0)));
  let node = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  let at = 0;
  let oldHash = oldRoot;
  // A complete old tree is a node of the new one: the proof need not repeat it.
  if (node > 0) {
    if (path.length === 0) return false;
    oldHash = path[at++];
  }
  let newHash = oldHash;
  for (; at < path.length; at++) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(sha256, path[at], oldHash);
      newHash = nodeHash(sha256, path[at], newHash);
      while (!isOdd(node) && node > 0) {
        node = half(node);
        last = half(last);
      }
    } else newHash = nodeHash(sha256, newHash, path[at]);
    node = half(node);
    last = half(last);
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, newRoot);
}
