/** A release as its maker hands it to hubs: what a handheld takes, the image, and notes for its owner, in one file. */
import { ascii, concat, Reader, sameBytes } from "./bytes";
import { type CborMap, decodeCbor, encodeCbor } from "./cbor";
import { MAKER_BYTES, MAKER_SIGNATURE_BYTES } from "./certificate";
import { Fields } from "./fields";
import type { Sha256 } from "./lmots";
import { refusal } from "./refusal";
import { chunkHashes, decodeRelease, MAX_IMAGE_BYTES, type Release } from "./release";

export interface ReleaseFile {
  /** The maker's Ed25519 public key: a hub takes no file of a maker whom it does not know. */
  maker: Uint8Array;
  /** As it travels (`joinRelease`): a handheld believes the LMS signature in it and nothing else here. */
  release: Uint8Array;
  image: Uint8Array;
  /** What is new, for the owner: UTF-8. */
  notes: Uint8Array;
  /** Unix seconds. */
  issued: number;
  /** Ed25519 (RFC 8032) over `signedReleaseFile`. */
  signature: Uint8Array;
}

/** A whole image, and room for the rest. */
export const MAX_RELEASE_FILE_BYTES = MAX_IMAGE_BYTES + 32768;
const TYPE = "avnode/release-file";
const VERSION = 1;
/** An offer is one command: its bytes. */
const MAX_RELEASE_BYTES = 2041;
export const MAX_NOTES_BYTES = 16384;
const MAX_SECONDS = 4294967295;
/** The map's own keys and values: nothing in it nests. */
const MAX_ITEMS = 16;

function fieldsOf(file: Omit<ReleaseFile, "signature">): CborMap {
  return {
    type: TYPE,
    v: VERSION,
    maker: file.maker,
    release: file.release,
    image: file.image,
    notes: file.notes,
    issued: file.issued,
  };
}

/** The bytes that the maker signs. */
export function signedReleaseFile(file: Omit<ReleaseFile, "signature">): Uint8Array {
  return concat([ascii("avnode/release-file/v1"), new Uint8Array(1), encodeCbor(fieldsOf(file))]);
}

export function encodeReleaseFile(file: ReleaseFile): Uint8Array {
  const map = fieldsOf(file);
  map.signature = file.signature;
  return encodeCbor(map);
}

/** Reads the form only; whoever trusts it checks the signature. @throws RELEASE_FILE_*, CBOR_* */
export function decodeReleaseFile(bytes: Uint8Array): ReleaseFile {
  if (bytes.length > MAX_RELEASE_FILE_BYTES) {
    throw refusal("RELEASE_FILE_LENGTH", "a release file of " + bytes.length + " bytes");
  }
  const keys = ["type", "v", "maker", "release", "image", "notes", "issued", "signature"];
  const fields = new Fields(decodeCbor(bytes, MAX_ITEMS), "RELEASE_FILE", keys);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  return {
    maker: fields.bytes("maker", MAKER_BYTES),
    release: fields.blob("release", MAX_RELEASE_BYTES),
    image: fields.blob("image", MAX_IMAGE_BYTES),
    notes: fields.blob("notes", MAX_NOTES_BYTES),
    issued: fields.uint("issued", MAX_SECONDS),
    signature: fields.bytes("signature", MAKER_SIGNATURE_BYTES),
  };
}

/**
 * What the release in the file says, once its image is shown to be the one meant. No LMS signature is checked: only a
 * unit knows its maker's key for releases.
 * @throws RELEASE_FILE_IMAGE when the image is another one; RELEASE_*
 */
export function releaseOf(sha256: Sha256, crc32: (bytes: Uint8Array) => number, file: ReleaseFile): Release {
  const reader = new Reader(file.release, "RELEASE");
  const release = decodeRelease(reader.raw(reader.uint(2)));
  const sameChain = sameBytes(chunkHashes(sha256, file.image)[0], release.head);
  if (file.image.length !== release.bytes || !sameChain || crc32(file.image) !== release.crc32) {
    throw refusal("RELEASE_FILE_IMAGE", "the image in the file is not the one that its release names");
  }
  return release;
}
