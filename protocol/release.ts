/**
 * A firmware release as a handheld takes it: what its maker says of the image, signed with one leaf of an LMS tree, and
 * the image in chunks that hang on each other by hash. SHA-256 is all that a handheld needs to check both.
 */
import { ascii, concat, cut, isZero, Reader, Writer } from "./bytes";
import { HASH_BYTES } from "./chain";
import type { Sha256 } from "./lmots";
import { verifyLms } from "./lms";
import { refusal } from "./refusal";

/** What is signed. */
export interface Release {
  /** The board file's name: an image runs on no other. */
  board: string;
  /** Rises with every release of a maker: a handheld takes none that is not above its own. */
  counter: number;
  /** As people call it. */
  version: string;
  /** Of the image. */
  bytes: number;
  /** CRC-32 (IEEE 802.3) of the image. */
  crc32: number;
  /** Hash of the first chunk, which holds the second one's hash, and so on. */
  head: Uint8Array;
}

/** Of the image in each chunk but the last one, which may be shorter. */
export const CHUNK_BYTES = 512;
/** A megabyte of firmware is more than any board holds. */
export const MAX_IMAGE_BYTES = 1048576;
const MAX_TEXT = 24;
const DOMAIN = "avnode/release/v1";

function check(release: Release): Release {
  const board = release.board.length;
  const version = release.version.length;
  if (board < 1 || board > MAX_TEXT || version < 1 || version > MAX_TEXT)
    throw refusal(
      "RELEASE_TEXT",
      "a release names board and version in 1 to " + MAX_TEXT + " characters each",
    );
  if (release.bytes < 1 || release.bytes > MAX_IMAGE_BYTES)
    throw refusal("RELEASE_BYTES", "an image of " + release.bytes + " bytes");
  if (release.counter < 1) throw refusal("RELEASE_COUNTER", "releases count from 1");
  return release;
}

export function encodeRelease(release: Release): Uint8Array {
  check(release);
  return new Writer(1 + release.board.length + 1 + release.version.length + 4 + 4 + 4 + HASH_BYTES)
    .text(release.board)
    .text(release.version)
    .uint(release.counter, 4)
    .uint(release.bytes, 4)
    .uint(release.crc32, 4)
    .raw(release.head, HASH_BYTES)
    .done();
}

/** Reads the form only. @throws RELEASE_* */
export function decodeRelease(bytes: Uint8Array): Release {
  const reader = new Reader(bytes, "RELEASE");
  const board = reader.text();
  const version = reader.text();
  const counter = reader.uint(4);
  const length = reader.uint(4);
  const crc32 = reader.uint(4);
  const head = reader.raw(HASH_BYTES);
  reader.end();
  return check({ board, version, counter, bytes: length, crc32, head });
}

/** The bytes that the maker's LMS key signs. @param release as encoded */
export function signedRelease(release: Uint8Array): Uint8Array {
  return concat([ascii(DOMAIN), new Uint8Array(1), release]);
}

/** What travels: length 2 ‖ release ‖ LMS signature (RFC 8554 §5.4). @param release as encoded */
export function joinRelease(release: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat([new Writer(2).uint(release.length, 2).done(), release, signature]);
}

/** Its two parts, the release still encoded. @throws RELEASE_TRUNCATED */
export function splitRelease(bytes: Uint8Array): { encoded: Uint8Array; signature: Uint8Array } {
  const reader = new Reader(bytes, "RELEASE");
  return {
    encoded: reader.raw(reader.uint(2)),
    signature: cut(bytes, bytes.length - reader.left(), bytes.length),
  };
}

/**
 * @param publicKey LMS public key (RFC 8554 §5.3) of the maker's releases
 * @throws RELEASE_SIGNATURE when another key signed it or a bit was altered; RELEASE_*, LMS_*
 */
export function openRelease(sha256: Sha256, publicKey: Uint8Array, bytes: Uint8Array): Release {
  const parts = splitRelease(bytes);
  if (!verifyLms(sha256, publicKey, signedRelease(parts.encoded), parts.signature))
    throw refusal(
      "RELEASE_SIGNATURE",
      "the release is not one that this unit's maker signed, or it was altered",
    );
  return decodeRelease(parts.encoded);
}

/** How many chunks an image of so many bytes comes in. */
export function chunksOf(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES);
}

/** Hash of a chunk. @param next hash of the chunk behind it, zeros behind the last one */
export function chunkHash(sha256: Sha256, data: Uint8Array, next: Uint8Array): Uint8Array {
  return sha256(concat([data, next]));
}

/** Hashes of all chunks, the first one's first, and the zeros behind the last. */
export function chunkHashes(sha256: Sha256, image: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  let next: Uint8Array = new Uint8Array(HASH_BYTES);
  for (let i = chunksOf(image.length); i >= 0; i--) {
    if (i < chunksOf(image.length)) {
      const end = Math.min(image.length, (i + 1) * CHUNK_BYTES);
      next = chunkHash(sha256, cut(image, i * CHUNK_BYTES, end), next);
    }
    hashes[i] = next;
  }
  return hashes;
}

/** Whether this is what stands behind the last chunk. */
export function isLastLink(next: Uint8Array): boolean {
  return next.length === HASH_BYTES && isZero(next);
}
