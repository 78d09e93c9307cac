/** The file that the factory writes into a unit: who it is, its claim code, its certificate and what it signs with. */
import { ascii, concat, cut, isZero, Reader, sameBytes, Writer } from "../protocol/bytes";
import { MAX_CERTIFICATE_BYTES } from "../protocol/certificate";
import { DEVICE_ID_BYTES } from "../protocol/keys";
import { refusal } from "../protocol/refusal";
import { SIGNING_SEED_BYTES } from "../protocol/trees";
import type { Identity } from "./board/board";

const MAGIC = ascii("AVID");
const VERSION = 1;
const CLAIM_CODE_BYTES = 16;
const CRC_BYTES = 4;
const FIXED_BYTES = 4 + 1 + DEVICE_ID_BYTES + CLAIM_CODE_BYTES + 1 + 1 + SIGNING_SEED_BYTES + 2;
/** As many trees as a certificate lists; the heights are those of LMS types (RFC 8554 §5.1). */
const MAX_TREES = 8;
const MAX_HEIGHT = 25;
const HEIGHT_STEP = 5;

/** @param crc32 CRC-32 (IEEE 802.3), unsigned */
export function encodeIdentity(identity: Identity, crc32: (bytes: Uint8Array) => number): Uint8Array {
  const signing = identity.signing;
  const certificate = identity.certificate;
  const body = new Writer(FIXED_BYTES + certificate.length)
    .raw(MAGIC, 4)
    .uint(VERSION, 1)
    .raw(identity.device, DEVICE_ID_BYTES)
    .raw(identity.claimCode, CLAIM_CODE_BYTES)
    .uint(signing ? signing.trees : 0, 1)
    .uint(signing ? signing.height : 0, 1)
    .raw(signing ? signing.seed : new Uint8Array(SIGNING_SEED_BYTES), SIGNING_SEED_BYTES)
    .uint(certificate.length, 2)
    .raw(certificate, certificate.length)
    .done();
  return concat([body, new Writer(CRC_BYTES).uint(crc32(body), CRC_BYTES).done()]);
}

function signingOf(trees: number, height: number, seed: Uint8Array): Identity["signing"] {
  if (trees === 0 && height === 0 && isZero(seed)) return undefined;
  const known = height >= HEIGHT_STEP && height <= MAX_HEIGHT && height % HEIGHT_STEP === 0;
  if (trees < 1 || trees > MAX_TREES || !known || isZero(seed))
    throw refusal("IDENTITY_SIGNING", "an identity with " + trees + " trees of height " + height);
  return { seed, trees, height };
}

/**
 * @param crc32 CRC-32 (IEEE 802.3), unsigned
 * @throws IDENTITY_LENGTH, IDENTITY_CRC, IDENTITY_MAGIC, IDENTITY_VERSION, IDENTITY_SIGNING, IDENTITY_TRUNCATED,
 * IDENTITY_TRAILING
 */
export function decodeIdentity(bytes: Uint8Array, crc32: (bytes: Uint8Array) => number): Identity {
  if (
    bytes.length < FIXED_BYTES + CRC_BYTES ||
    bytes.length > FIXED_BYTES + MAX_CERTIFICATE_BYTES + CRC_BYTES
  )
    throw refusal("IDENTITY_LENGTH", "an identity of " + bytes.length + " bytes");
  const body = cut(bytes, 0, bytes.length - CRC_BYTES);
  const sum = new Reader(cut(bytes, body.length, bytes.length), "IDENTITY").uint(CRC_BYTES);
  const reader = new Reader(body, "IDENTITY");
  if (!sameBytes(reader.raw(4), MAGIC)) throw refusal("IDENTITY_MAGIC", "the file is no identity");
  if (sum !== crc32(body))
    throw refusal("IDENTITY_CRC", "the identity was altered since the factory wrote it");
  const version = reader.uint(1);
  if (version !== VERSION) throw refusal("IDENTITY_VERSION", "an identity of version " + version);
  const device = reader.raw(DEVICE_ID_BYTES);
  const claimCode = reader.raw(CLAIM_CODE_BYTES);
  const trees = reader.uint(1);
  const height = reader.uint(1);
  const signing = signingOf(trees, height, reader.raw(SIGNING_SEED_BYTES));
  const certificate = reader.raw(reader.uint(2));
  reader.end();
  return signing ? { device, claimCode, certificate, signing } : { device, claimCode, certificate };
}
