/** A maker of firmware: a release key of 32 leaves, and releases of images as a handheld is offered them. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { nodeCrypto } from "../../gateway/crypto";
import { lmotsSign, OtsType } from "../../protocol/lmots";
import { assembleLms, LmsType, lmsLeaves, lmsPath, lmsPublicKey, lmsRoot } from "../../protocol/lms";
import { encodeRelease, joinRelease, type Release, signedRelease } from "../../protocol/release";
import { Random } from "../../tools/sim/random";

const LMS = LmsType.sha256M24H5;
const OTS = OtsType.sha256N24W4;
const { sha256 } = nodeCrypto;
export const CHUNK = 512;

export interface Made {
  release: Release;
  image: Uint8Array;
  /** What an offer holds. */
  offer: Uint8Array;
  /** What each chunk command holds, by its place. */
  chunks: Map<number, Uint8Array>;
}

export class Maker {
  readonly publicKey: Uint8Array;
  private readonly id: Uint8Array;
  private readonly seed: Uint8Array;
  private readonly leaves: Uint8Array;
  private leaf = 0;

  constructor(seed: number | string) {
    const random = new Random(seed);
    this.id = random.bytes(16);
    this.seed = random.bytes(24);
    this.leaves = lmsLeaves(sha256, LMS, OTS, this.id, this.seed);
    this.publicKey = lmsPublicKey(LMS, OTS, this.id, lmsRoot(sha256, LMS, this.id, this.leaves));
  }

  sign(message: Uint8Array): Uint8Array {
    const q = this.leaf++;
    const ots = lmotsSign(sha256, OTS, this.id, q, this.seed, message);
    return assembleLms(q, ots, LMS, lmsPath(sha256, LMS, this.id, this.leaves, q));
  }

  /** The chain by Node's own hash, from the end on. */
  release(image: Uint8Array, said: Partial<Release> = {}): Made {
    let next = Buffer.alloc(32);
    const chunks = new Map<number, Uint8Array>();
    for (let at = Math.floor((image.length - 1) / CHUNK) * CHUNK; at >= 0; at -= CHUNK) {
      const data = image.subarray(at, at + CHUNK);
      chunks.set(at, Buffer.concat([next, data]));
      next = createHash("sha256").update(data).update(next).digest();
    }
    const release: Release = {
      board: "linux",
      counter: 2,
      version: "0.2.0",
      bytes: image.length,
      crc32: crc32(image),
      head: next,
      ...said,
    };
    const encoded = encodeRelease(release);
    return { release, image, chunks, offer: joinRelease(encoded, this.sign(signedRelease(encoded))) };
  }
}
