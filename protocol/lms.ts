/** LMS, the tree over one-time keys of RFC 8554 section 5 and RFC 9858: public key, path and verification. */
import { concat, cut, Reader, sameBytes, Writer } from "./bytes";
import {
  LmotsCandidate,
  lmotsPublicKey,
  otsShape,
  otsSignatureBytes,
  type Sha256,
  TREE_ID_BYTES,
} from "./lmots";
import { refusal } from "./refusal";

/** Type codes of the registry "Leighton-Micali Signatures", SHA-256 sets only. */
export const LmsType = {
  sha256M32H5: 5,
  sha256M32H10: 6,
  sha256M32H15: 7,
  sha256M32H20: 8,
  sha256M32H25: 9,
  sha256M24H5: 10,
  sha256M24H10: 11,
  sha256M24H15: 12,
  sha256M24H20: 13,
  sha256M24H25: 14,
};

const D_LEAF = 0x8282;
const D_NODE = 0x8383;

/** Bytes of a node and height of the tree. @throws LMS_TYPE */
export function lmsShape(lmsType: number): { m: number; h: number } {
  if (
    !(lmsType >= LmsType.sha256M32H5 && lmsType <= LmsType.sha256M24H25) ||
    lmsType !== Math.floor(lmsType)
  ) {
    throw refusal("LMS_TYPE", "LMS type " + lmsType + " is not known");
  }
  const small = lmsType >= LmsType.sha256M24H5;
  return small
    ? { m: 24, h: 5 * (lmsType - LmsType.sha256M24H5 + 1) }
    : { m: 32, h: 5 * (lmsType - LmsType.sha256M32H5 + 1) };
}

export interface LmsPublicKey {
  lmsType: number;
  otsType: number;
  /** I. */
  id: Uint8Array;
  /** T[1]. */
  root: Uint8Array;
}

/** NIST SP 800-208 wants one hash throughout; so do we. */
function checkSameHash(m: number, otsType: number): void {
  if (otsShape(otsType).n !== m) {
    throw refusal("LMS_TYPE", "LM-OTS type " + otsType + " does not go with a tree of " + m + "-byte nodes");
  }
}

/** u32 LMS type ‖ u32 LM-OTS type ‖ I 16 ‖ T[1]. @throws LMS_TYPE, FIELD_LENGTH */
export function lmsPublicKey(lmsType: number, otsType: number, id: Uint8Array, root: Uint8Array): Uint8Array {
  const m = lmsShape(lmsType).m;
  checkSameHash(m, otsType);
  return new Writer(8 + TREE_ID_BYTES + m)
    .uint(lmsType, 4)
    .uint(otsType, 4)
    .raw(id, TREE_ID_BYTES)
    .raw(root, m)
    .done();
}

/** @throws LMS_TYPE, LMS_TRUNCATED, LMS_TRAILING */
export function decodeLmsPublicKey(bytes: Uint8Array): LmsPublicKey {
  const reader = new Reader(bytes, "LMS");
  const lmsType = reader.uint(4);
  const otsType = reader.uint(4);
  const m = lmsShape(lmsType).m;
  checkSameHash(m, otsType);
  const key: LmsPublicKey = { lmsType, otsType, id: reader.raw(TREE_ID_BYTES), root: reader.raw(m) };
  reader.end();
  return key;
}

/** Hash of one node: I ‖ its number, from 1 at the root ‖ what it is ‖ what it covers. */
function node(sha256: Sha256, id: Uint8Array, r: number, tag: number, covered: Uint8Array[]): Uint8Array {
  const place = new Writer(TREE_ID_BYTES + 6).raw(id, TREE_ID_BYTES).uint(r, 4).uint(tag, 2).done();
  return sha256(concat([place].concat(covered)));
}

/** The node above leaf q's public key K: what a public table lists. */
export function lmsLeaf(
  sha256: Sha256,
  id: Uint8Array,
  q: number,
  height: number,
  k: Uint8Array,
): Uint8Array {
  return cut(node(sha256, id, (1 << height) + q, D_LEAF, [k]), 0, k.length);
}

/** All leaves of a tree, one behind the other: hundreds of hashes each, so for a factory, not for a handheld. */
export function lmsLeaves(
  sha256: Sha256,
  lmsType: number,
  otsType: number,
  id: Uint8Array,
  seed: Uint8Array,
): Uint8Array {
  const shape = lmsShape(lmsType);
  checkSameHash(shape.m, otsType);
  const count = 1 << shape.h;
  const out = new Uint8Array(count * shape.m);
  for (let q = 0; q < count; q++) {
    const k = lmotsPublicKey(sha256, otsType, id, q, seed);
    out.set(lmsLeaf(sha256, id, q, shape.h, k), q * shape.m);
  }
  return out;
}

/** Goes up from the leaves. @param visit told of every level: its nodes one behind the other, from the leaves on */
function climb(
  sha256: Sha256,
  lmsType: number,
  id: Uint8Array,
  leaves: Uint8Array,
  visit: (level: number, nodes: Uint8Array) => void,
): Uint8Array {
  const shape = lmsShape(lmsType);
  const m = shape.m;
  if (id.length !== TREE_ID_BYTES || leaves.length !== m << shape.h) {
    throw refusal(
      "LMS_TABLE",
      "the table of a tree of height " +
        shape.h +
        " has " +
        (1 << shape.h) +
        " leaves of " +
        m +
        " bytes, got " +
        leaves.length +
        " bytes",
    );
  }
  let nodes = leaves;
  for (let level = 0; level < shape.h; level++) {
    visit(level, nodes);
    const count = nodes.length / m / 2;
    const above = new Uint8Array(count * m);
    for (let i = 0; i < count; i++) {
      const pair = nodes.subarray(2 * i * m, 2 * (i + 1) * m);
      above.set(node(sha256, id, count + i, D_NODE, [pair]).subarray(0, m), i * m);
    }
    nodes = above;
  }
  return nodes;
}

function ignore(): void {}

/** T[1] of a table. @throws LMS_TYPE, LMS_TABLE */
export function lmsRoot(sha256: Sha256, lmsType: number, id: Uint8Array, leaves: Uint8Array): Uint8Array {
  return climb(sha256, lmsType, id, leaves, ignore);
}

/** Authentication path of leaf q, lowest node first. @throws LMS_TYPE, LMS_TABLE, LMS_LEAF */
export function lmsPath(
  sha256: Sha256,
  lmsType: number,
  id: Uint8Array,
  leaves: Uint8Array,
  q: number,
): Uint8Array {
  const shape = lmsShape(lmsType);
  const m = shape.m;
  if (!(q >= 0 && q < 1 << shape.h && q === Math.floor(q))) {
    throw refusal("LMS_LEAF", "a tree of height " + shape.h + " has no leaf " + q);
  }
  const path = new Uint8Array(shape.h * m);
  climb(sha256, lmsType, id, leaves, function (level, nodes) {
    const sibling = (q >> level) ^ 1;
    path.set(nodes.subarray(sibling * m, (sibling + 1) * m), level * m);
  });
  return path;
}

/** q ‖ LM-OTS signature ‖ LMS type ‖ path. @throws LMS_TYPE, FIELD_LENGTH */
export function assembleLms(
  q: number,
  otsSignature: Uint8Array,
  lmsType: number,
  path: Uint8Array,
): Uint8Array {
  const shape = lmsShape(lmsType);
  return new Writer(8 + otsSignature.length + shape.h * shape.m)
    .uint(q, 4)
    .raw(otsSignature, otsSignature.length)
    .uint(lmsType, 4)
    .raw(path, shape.h * shape.m)
    .done();
}

/** Whether the owner of a public key signed a message, a few hashes at a time. */
export class LmsCheck {
  private readonly key: LmsPublicKey;
  private readonly m: number;
  private readonly path: Reader;
  /** Absent in a signature of another type, leaf or length: a wrong one. */
  private readonly ots: LmotsCandidate | undefined;
  /** The leaf, then a node of the tree: its value, once known, and its number. */
  private at: Uint8Array | undefined;
  private r = 0;

  /** @throws LMS_* when the public key is none */
  constructor(
    private readonly sha256: Sha256,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) {
    this.key = decodeLmsPublicKey(publicKey);
    const shape = lmsShape(this.key.lmsType);
    this.m = shape.m;
    this.path = new Reader(signature, "SIGNATURE");
    const otsBytes = otsSignatureBytes(this.key.otsType);
    if (signature.length !== 8 + otsBytes + shape.h * shape.m) return;
    const q = this.path.uint(4);
    const ots = this.path.raw(otsBytes);
    const lmsType = this.path.uint(4);
    const otsType = new Reader(ots, "SIGNATURE").uint(4);
    if (otsType !== this.key.otsType || lmsType !== this.key.lmsType || q >= 1 << shape.h) return;
    this.r = (1 << shape.h) + q;
    this.ots = new LmotsCandidate(sha256, this.key.id, q, message, ots);
  }

  /** Goes on by at most so many hashes, and two more between chains and tree. @returns true when `passed` knows */
  step(hashes: number): boolean {
    const ots = this.ots;
    if (!ots) return true;
    if (!this.at) {
      if (ots.step(hashes)) this.at = this.leaf(ots.key());
      return false;
    }
    for (let i = 0; i < hashes && this.r > 1; i++) {
      const sibling = this.path.raw(this.m);
      const pair = this.r % 2 === 1 ? [sibling, this.at] : [this.at, sibling];
      this.r = Math.floor(this.r / 2);
      this.at = cut(node(this.sha256, this.key.id, this.r, D_NODE, pair), 0, this.m);
    }
    return this.r === 1;
  }

  private leaf(k: Uint8Array): Uint8Array {
    return cut(node(this.sha256, this.key.id, this.r, D_LEAF, [k]), 0, this.m);
  }

  passed(): boolean {
    return this.r === 1 && sameBytes(this.at!, this.key.root);
  }
}

/**
 * True when the owner of `publicKey` signed `message`. A signature of another type, leaf or length is a wrong one.
 * @throws LMS_* when the public key is none
 */
export function verifyLms(
  sha256: Sha256,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const check = new LmsCheck(sha256, publicKey, message, signature);
  while (!check.step(Infinity));
  return check.passed();
}
