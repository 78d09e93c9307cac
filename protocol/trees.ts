/** A device's signing trees: every key follows from one seed, so that handheld and factory make the same ones. */
import { ascii, concat, cut } from "./bytes";
import type { Crypto } from "./crypto";
import { LmotsSigner, TREE_ID_BYTES } from "./lmots";
import { LmsType, lmsLeaves, lmsPublicKey, lmsRoot, lmsShape } from "./lms";
import { refusal } from "./refusal";
import { type CloseSignature, SIGNATURE_OTS_TYPE } from "./signature";

export const SIGNING_SEED_BYTES = 32;
/** As many as a certificate lists. */
const MAX_TREES = 8;

/** What a device signs with; leaf `n` of all is leaf `n mod 2^height` of tree `n div 2^height`. */
export interface Signing {
  seed: Uint8Array;
  trees: number;
  /** 5 or 10 and so on, as an LMS type has it. */
  height: number;
}

/** The tree as the public sees it. */
export interface PublicTree {
  /** LMS public key, for the certificate. */
  publicKey: Uint8Array;
  /** The leaf hashes, one behind the other: the public table that paths come from. */
  leaves: Uint8Array;
}

function lmsType(height: number): number {
  const type = LmsType.sha256M24H5 + height / 5 - 1;
  if (lmsShape(type).h !== height) throw refusal("LMS_TYPE", "no LMS type has height " + height);
  return type;
}

function derive(crypto: Crypto, seed: Uint8Array, label: string, tree: number, length: number): Uint8Array {
  if (seed.length !== SIGNING_SEED_BYTES || !(tree >= 0 && tree < MAX_TREES)) {
    throw refusal("LMS_SEED", "signing keys want a seed of 32 bytes and a tree below " + MAX_TREES);
  }
  return cut(crypto.hmac(seed, concat([ascii(label), new Uint8Array([tree])])), 0, length);
}

function treeSeed(crypto: Crypto, seed: Uint8Array, tree: number): Uint8Array {
  return derive(crypto, seed, "avnode/lms/seed/v1", tree, 24);
}

function treeId(crypto: Crypto, seed: Uint8Array, tree: number): Uint8Array {
  return derive(crypto, seed, "avnode/lms/id/v1", tree, TREE_ID_BYTES);
}

/** Leaves of all trees together. */
export function leavesOf(signing: Signing): number {
  return signing.trees * (1 << signing.height);
}

/** Signs with leaf `n` of all, which the caller has burned, a few hashes at a time. */
export class LeafSigner {
  private readonly tree: number;
  private readonly leaf: number;
  private readonly ots: LmotsSigner;

  /** @throws LMS_LEAF when there is no such leaf */
  constructor(crypto: Crypto, signing: Signing, n: number, message: Uint8Array) {
    if (!(n >= 0 && n < leavesOf(signing))) throw refusal("LMS_LEAF", "this device has no leaf " + n);
    const perTree = 1 << signing.height;
    this.tree = Math.floor(n / perTree);
    this.leaf = n % perTree;
    const id = treeId(crypto, signing.seed, this.tree);
    const seed = treeSeed(crypto, signing.seed, this.tree);
    const sha256 = function (data: Uint8Array): Uint8Array {
      return crypto.sha256(data);
    };
    this.ots = new LmotsSigner(sha256, SIGNATURE_OTS_TYPE, id, this.leaf, seed, message);
  }

  /** Goes on by at most so many hashes. @returns true when the signature is whole */
  step(hashes: number): boolean {
    return this.ots.step(hashes);
  }

  /** To be asked for once `step` has said that it is whole. */
  signature(): CloseSignature {
    return { tree: this.tree, leaf: this.leaf, ots: this.ots.signature };
  }
}

/** Signs at once with leaf `n` of all, which the caller has burned. @throws LMS_LEAF when there is no such leaf */
export function signWithLeaf(
  crypto: Crypto,
  signing: Signing,
  n: number,
  message: Uint8Array,
): CloseSignature {
  const signer = new LeafSigner(crypto, signing, n, message);
  signer.step(Infinity);
  return signer.signature();
}

/** Public key and table of one tree: 820 hashes a leaf, the factory's work. */
export function publicTree(crypto: Crypto, signing: Signing, tree: number): PublicTree {
  const id = treeId(crypto, signing.seed, tree);
  const type = lmsType(signing.height);
  const sha256 = function (data: Uint8Array): Uint8Array {
    return crypto.sha256(data);
  };
  const leaves = lmsLeaves(sha256, type, SIGNATURE_OTS_TYPE, id, treeSeed(crypto, signing.seed, tree));
  return { publicKey: lmsPublicKey(type, SIGNATURE_OTS_TYPE, id, lmsRoot(sha256, type, id, leaves)), leaves };
}
