/** LM-OTS, the one-time signature of RFC 8554 section 4 and RFC 9858: private keys follow from a seed, SHA-256 is injected. */
import { concat, cut, Reader, Writer } from "./bytes";
import { refusal } from "./refusal";

export type Sha256 = (data: Uint8Array) => Uint8Array;

/** Type codes of the registry "Leighton-Micali Signatures", SHA-256 sets only. */
export const OtsType = {
  sha256N32W1: 1,
  sha256N32W2: 2,
  sha256N32W4: 3,
  sha256N32W8: 4,
  sha256N24W1: 5,
  sha256N24W2: 6,
  sha256N24W4: 7,
  sha256N24W8: 8,
};

/** I, the tree's identifier, and q, the leaf's number. */
export const TREE_ID_BYTES = 16;
const Q_BYTES = 4;

/** What a type code stands for, named as in the RFC. */
interface OtsShape {
  /** Bytes of a hash. */
  n: number;
  /** Bits of a digit. */
  w: number;
  /** Chains, those of the checksum included. */
  p: number;
  /** Shift that puts the checksum's digits first. */
  ls: number;
}

/** By type code. */
const SHAPES: (OtsShape | undefined)[] = [
  undefined,
  { n: 32, w: 1, p: 265, ls: 7 },
  { n: 32, w: 2, p: 133, ls: 6 },
  { n: 32, w: 4, p: 67, ls: 4 },
  { n: 32, w: 8, p: 34, ls: 0 },
  { n: 24, w: 1, p: 200, ls: 8 },
  { n: 24, w: 2, p: 101, ls: 6 },
  { n: 24, w: 4, p: 51, ls: 4 },
  { n: 24, w: 8, p: 26, ls: 0 },
];

const D_PUBLIC = 0x8080;
const D_MESSAGE = 0x8181;
/** Index in the place of a chain's for the randomizer, as the RFC's authors derive it. */
const RANDOMIZER = 0xfffd;
const FROM_SEED = 0xff;
/** Where a chain's value stands behind I, q, i and j. */
const VALUE_AT = TREE_ID_BYTES + Q_BYTES + 3;
/** I ‖ q ‖ what it is. */
const PLACE_BYTES = TREE_ID_BYTES + Q_BYTES + 2;
const SHA256_BYTES = 32;

/** @throws LMS_TYPE */
export function otsShape(otsType: number): OtsShape {
  const shape = SHAPES[otsType];
  if (!shape) throw refusal("LMS_TYPE", "LM-OTS type " + otsType + " is not known");
  return shape;
}

/** Length of a signature: type 4 ‖ C n ‖ p chains of n. */
export function otsSignatureBytes(otsType: number): number {
  const shape = otsShape(otsType);
  return 4 + shape.n * (1 + shape.p);
}

function place(id: Uint8Array, q: number, tag: number): Uint8Array {
  return new Writer(PLACE_BYTES).raw(id, TREE_ID_BYTES).uint(q, Q_BYTES).uint(tag, 2).done();
}

/** Digit i of w bits, the highest first. */
function digit(bytes: Uint8Array, i: number, w: number): number {
  const bit = i * w;
  return (bytes[bit >> 3] >> (8 - w - (bit & 7))) & ((1 << w) - 1);
}

/** Q ‖ checksum: the bytes whose digits say how far along each chain a signature stands. */
function digest(
  sha256: Sha256,
  shape: OtsShape,
  id: Uint8Array,
  q: number,
  c: Uint8Array,
  message: Uint8Array,
) {
  const n = shape.n;
  const out = new Uint8Array(n + 2);
  out.set(sha256(concat([place(id, q, D_MESSAGE), c, message])).subarray(0, n), 0);
  const most = (1 << shape.w) - 1;
  const digits = (8 * n) / shape.w;
  let sum = 0;
  for (let i = 0; i < digits; i++) sum += most - digit(out, i, shape.w);
  sum <<= shape.ls;
  out[n] = (sum >> 8) & 255;
  out[n + 1] = sum & 255;
  return out;
}

/** Works on one buffer of I ‖ q ‖ i ‖ j ‖ hash: a signature takes hundreds of hashes, and memory is scarce. */
class Chains {
  private readonly buffer: Uint8Array;
  /** All of it but the hash's bytes beyond n: a whole hash is put there, because taking a part of it would cost more. */
  private readonly hashed: Uint8Array;

  constructor(
    private readonly sha256: Sha256,
    private readonly n: number,
    id: Uint8Array,
    q: number,
  ) {
    this.buffer = new Uint8Array(VALUE_AT + SHA256_BYTES);
    this.buffer.set(place(id, q, 0), 0);
    this.hashed = this.buffer.subarray(0, VALUE_AT + n);
  }

  /** Start of chain i (RFC 8554 appendix A), or the randomizer. */
  start(i: number, seed: Uint8Array): Uint8Array {
    return this.walk(i, FROM_SEED, FROM_SEED + 1, seed);
  }

  /** Walks chain i from step `from` to step `to`, end excluded. */
  walk(i: number, from: number, to: number, value: Uint8Array): Uint8Array {
    if (from === to) return value;
    const buffer = this.buffer;
    const hashed = this.hashed;
    const sha256 = this.sha256;
    buffer[20] = i >> 8;
    buffer[21] = i & 255;
    let hash = value;
    for (let j = from; j < to; j++) {
      buffer[22] = j;
      buffer.set(hash, VALUE_AT);
      hash = sha256(hashed);
    }
    return hash.subarray(0, this.n);
  }
}

function checkLengths(shape: OtsShape, id: Uint8Array, seed: Uint8Array): void {
  if (id.length !== TREE_ID_BYTES || seed.length !== shape.n) {
    throw refusal(
      "LMS_SEED",
      "an LM-OTS key wants an identifier of 16 bytes and a seed of " +
        shape.n +
        ", got " +
        id.length +
        " and " +
        seed.length,
    );
  }
}

/** K, the public key of leaf q. @throws LMS_TYPE, LMS_SEED */
export function lmotsPublicKey(
  sha256: Sha256,
  otsType: number,
  id: Uint8Array,
  q: number,
  seed: Uint8Array,
): Uint8Array {
  const shape = otsShape(otsType);
  checkLengths(shape, id, seed);
  const chains = new Chains(sha256, shape.n, id, q);
  const parts = [place(id, q, D_PUBLIC)];
  for (let i = 0; i < shape.p; i++) parts.push(chains.walk(i, 0, (1 << shape.w) - 1, chains.start(i, seed)));
  return cut(sha256(concat(parts)), 0, shape.n);
}

/**
 * One signature, a few hashes at a time, because a handheld that takes seconds for it must go on recording meanwhile.
 * Leaf q must never sign another message: two signatures by one leaf are a forger's kit. The randomizer comes from the
 * seed as well, because a handheld's random numbers may be weak.
 */
export class LmotsSigner {
  /** Type 4 ‖ C n ‖ p chains of n; whole once `step` has said so. */
  readonly signature: Uint8Array;
  private readonly shape: OtsShape;
  private readonly chains: Chains;
  /** Q ‖ checksum. */
  private readonly digits: Uint8Array;
  /** The chain being walked, how far along it `value` stands, and the step that the signature wants of it. */
  private chain = 0;
  private at = 0;
  private end = 0;
  /** Absent until the chain's start is hashed. */
  private value: Uint8Array | undefined;

  /** Costs two hashes, one of them over the message. @throws LMS_TYPE, LMS_SEED */
  constructor(
    sha256: Sha256,
    otsType: number,
    id: Uint8Array,
    q: number,
    private readonly seed: Uint8Array,
    message: Uint8Array,
  ) {
    this.shape = otsShape(otsType);
    checkLengths(this.shape, id, seed);
    this.chains = new Chains(sha256, this.shape.n, id, q);
    const c = cut(this.chains.start(RANDOMIZER, seed), 0, this.shape.n);
    this.digits = digest(sha256, this.shape, id, q, c, message);
    this.signature = new Uint8Array(otsSignatureBytes(otsType));
    this.signature[3] = otsType;
    this.signature.set(c, 4);
    this.end = digit(this.digits, 0, this.shape.w);
  }

  /** Goes on by at most so many hashes. @returns true when the signature is whole */
  step(hashes: number): boolean {
    let left = hashes;
    while (left > 0 && this.chain < this.shape.p) {
      if (!this.value) {
        this.value = this.chains.start(this.chain, this.seed);
        left--;
      }
      const to = Math.min(this.end, this.at + left);
      left -= to - this.at;
      this.value = this.chains.walk(this.chain, this.at, to, this.value);
      this.at = to;
      if (to === this.end) this.endChain();
    }
    return this.chain === this.shape.p;
  }

  private endChain(): void {
    this.signature.set(this.value!, 4 + this.shape.n * (1 + this.chain));
    this.value = undefined;
    this.at = 0;
    this.chain++;
    if (this.chain < this.shape.p) this.end = digit(this.digits, this.chain, this.shape.w);
  }
}

/** Signs at once with leaf q, which must never sign another message. @throws LMS_TYPE, LMS_SEED */
export function lmotsSign(
  sha256: Sha256,
  otsType: number,
  id: Uint8Array,
  q: number,
  seed: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const signer = new LmotsSigner(sha256, otsType, id, q, seed, message);
  signer.step(Infinity);
  return signer.signature;
}

/**
 * The public key K that a signature belongs to, whatever it says, a few hashes at a time: a handheld that takes seconds for
 * it must go on recording meanwhile.
 */
export class LmotsCandidate {
  private readonly shape: OtsShape;
  private readonly chains: Chains;
  /** Q ‖ checksum. */
  private readonly digits: Uint8Array;
  /** I ‖ q ‖ D_PBLC ‖ chains: as signed at first, each walked to its end where it stands. */
  private readonly hashed: Uint8Array;
  /** The chain being walked, and how far along it its value stands. */
  private chain = 0;
  private at: number;

  /** Costs one hash, over the message. @throws LMS_TYPE, SIGNATURE_TRUNCATED, SIGNATURE_TRAILING */
  constructor(
    private readonly sha256: Sha256,
    id: Uint8Array,
    q: number,
    message: Uint8Array,
    signature: Uint8Array,
  ) {
    const reader = new Reader(signature, "SIGNATURE");
    this.shape = otsShape(reader.uint(4));
    const n = this.shape.n;
    const c = reader.raw(n);
    this.hashed = concat([place(id, q, D_PUBLIC), reader.raw(n * this.shape.p)]);
    reader.end();
    this.digits = digest(sha256, this.shape, id, q, c, message);
    this.chains = new Chains(sha256, n, id, q);
    this.at = digit(this.digits, 0, this.shape.w);
  }

  /** Goes on by at most so many hashes. @returns true when all chains are walked */
  step(hashes: number): boolean {
    const shape = this.shape;
    const most = (1 << shape.w) - 1;
    let left = hashes;
    while (left > 0 && this.chain < shape.p) {
      const place = PLACE_BYTES + this.chain * shape.n;
      const value = this.hashed.subarray(place, place + shape.n);
      const to = Math.min(most, this.at + left);
      left -= to - this.at;
      if (to > this.at) value.set(this.chains.walk(this.chain, this.at, to, value), 0);
      this.at = to;
      if (to < most) return false;
      this.chain++;
      if (this.chain < shape.p) this.at = digit(this.digits, this.chain, shape.w);
    }
    return this.chain === shape.p;
  }

  /** K, once `step` has said so. */
  key(): Uint8Array {
    return cut(this.sha256(this.hashed), 0, this.shape.n);
  }
}
