/** The store's log as strangers show it: leaves, and the proofs that lead to a root. */
import { nodeCrypto } from "../../../gateway/crypto";
import {
  decodeErasure,
  decodeLayer,
  decodeOrigin,
  encodeErasure,
  encodeLayer,
  encodeOrigin,
  LeafType,
  leafType,
} from "../../../protocol/leaves";
import { decodeManifest, encodeManifest, type Manifest } from "../../../protocol/manifest";
import { inclusionRoot, isConsistent, leafHash, nodeHash } from "../../../protocol/merkle";
import { mustBeSame, type Target } from "../target";
import { listedCodes } from "./vectors";

const hash = (n: number) => new Uint8Array(32).fill(n);
const place = { device: hash(1).subarray(0, 8), epoch: 1, recording: 7 };

const MANIFEST: Manifest = {
  ...place,
  deviceClass: 3,
  certificate: hash(2),
  part: false,
  from: 0,
  to: 31,
  chain: hash(3),
  key: hash(4),
  rate: { num: 360, den: 1 },
  leads: [{ name: "I", samples: 10800 }],
  samples: 10800,
  gaps: [{ first: 5, count: 10, reason: 1 }],
  drops: [{ from: 2, to: 3, first: 5, samples: 10, chain: hash(5), later: false }],
  start: 1767225600000,
  trust: 2,
  received: { first: 1767225600000, last: 1767225630000 },
  state: "closed",
  close: new Uint8Array(135),
  signature: null,
  person: hash(6),
};

const leaf: Target = {
  name: "leaf",
  seeds: () => [
    encodeManifest(MANIFEST),
    encodeManifest({
      ...MANIFEST,
      part: true,
      state: "open",
      close: null,
      rate: null,
      leads: [],
      person: null,
    }),
    encodeManifest({ ...MANIFEST, signature: new Uint8Array(1257), gaps: [], drops: [] }),
    encodeErasure({ ...place, manifest: 12, at: 1767225600000 }),
    encodeErasure({ ...place, manifest: null, at: 0 }),
    encodeLayer({ ...place, kind: "over-read", number: 1, at: 1767225600000, said: hash(8) }),
    encodeOrigin({ checkpoint: new Uint8Array(40), generation: hash(7).subarray(0, 8), at: 5 }),
  ],
  codes: listedCodes("CBOR", "MANIFEST", "ERASURE", "LAYER", "ORIGIN"),
  run(bytes) {
    const type = leafType(bytes);
    if (type === LeafType.recording) mustBeSame(encodeManifest(decodeManifest(bytes)), bytes);
    else if (type === LeafType.erasure) mustBeSame(encodeErasure(decodeErasure(bytes)), bytes);
    else if (type === LeafType.layer) mustBeSame(encodeLayer(decodeLayer(bytes)), bytes);
    else mustBeSame(encodeOrigin(decodeOrigin(bytes)), bytes);
    return true;
  },
};

const sha256 = (data: Uint8Array) => nodeCrypto.sha256(data);
const LEAVES = 40;
const HASHES = Array.from({ length: LEAVES }, (_, i) => leafHash(sha256, Uint8Array.of(i)));

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** RFC 6962 2.1, as it defines them. */
function rootOf(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(sha256, rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

function inclusion(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusion(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...inclusion(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

function consistency(size: number, leaves: Uint8Array[], complete: boolean): Uint8Array[] {
  if (size === leaves.length) return complete ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return size <= k
    ? [...consistency(size, leaves.slice(0, k), complete), rootOf(leaves.slice(k))]
    : [...consistency(size - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}

/** Size of a tree, a place or an older size, and 32 bytes for each hash of a path. */
function pathOf(input: Uint8Array): { size: number; at: number; path: Uint8Array[] } {
  const path: Uint8Array[] = [];
  for (let from = 2; from + 32 <= input.length; from += 32) path.push(input.slice(from, from + 32));
  return { size: (input[0] ?? 0) % (LEAVES + 1), at: (input[1] ?? 0) % (LEAVES + 2), path };
}

const written = (size: number, at: number, path: Uint8Array[]) =>
  Buffer.concat([Uint8Array.of(size, at), ...path]);
const SIZES = [1, 2, 3, 7, 8, 33, 40];

const inclusionProof: Target = {
  name: "inclusion",
  seeds: () =>
    SIZES.flatMap((size) =>
      [0, size >> 1, size - 1].map((at) => written(size, at, inclusion(at, HASHES.slice(0, size)))),
    ),
  codes: /^MERKLE_(INDEX|PATH)$/,
  run(input) {
    const { size, at, path } = pathOf(input);
    const root = inclusionRoot(sha256, HASHES[at] ?? hash(0), at, size, path);
    const leaves = HASHES.slice(0, size);
    if (Buffer.compare(root, rootOf(leaves)) !== 0) return false;
    mustBeSame(Buffer.concat(inclusion(at, leaves)), Buffer.concat(path));
    return true;
  },
};

const consistencyProof: Target = {
  name: "consistency",
  seeds: () =>
    SIZES.flatMap((size) =>
      [1, (size >> 1) + 1, size]
        .filter((at) => at <= size)
        .map((at) => written(size, at, at === size ? [] : consistency(at, HASHES.slice(0, size), true))),
    ),
  codes: /^(?!)/,
  run(input) {
    const { size, at, path } = pathOf(input);
    if (size === 0 || at === 0) return false;
    const older = HASHES.slice(0, at);
    const newer = HASHES.slice(0, size);
    // A tree that never was a part of the other is told by its roots alone.
    const forged = [...HASHES.slice(0, at - 1), hash(1)];
    if (isConsistent(sha256, at, rootOf(forged), size, rootOf(newer), path))
      throw new Error(`a forged tree of ${at} leaves is consistent with one of ${size}`);
    if (!isConsistent(sha256, at, rootOf(older), size, rootOf(newer), path)) return false;
    mustBeSame(Buffer.concat(consistency(at, newer, true)), Buffer.concat(path));
    return true;
  },
};

export const log: Target[] = [leaf, inclusionProof, consistencyProof];
