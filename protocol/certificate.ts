/** The handheld's certificate: who it is, what class of unit, and the keys it signs with, signed by its maker. */
import { ascii, concat, fromHex } from "./bytes";
import { type CborMap, decodeCbor, encodeCbor } from "./cbor";
import { HASH_BYTES } from "./chain";
import { Fields } from "./fields";
import { DEVICE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

/** Adopted: no unit at all, but a hub that took over files of others. */
export const DeviceClass = { locked: 1, dev: 2, simulated: 3, adopted: 4 };

export interface Certificate {
  deviceClass: number;
  device: Uint8Array;
  board: string;
  /** SHA-256 of the firmware that the maker wrote. */
  firmware: Uint8Array;
  /** The maker's Ed25519 public key. */
  maker: Uint8Array;
  /** Unix seconds. */
  issued: number;
  /** LMS public keys (RFC 8554 §5.3) in the order of their use; none in a unit that cannot sign. */
  trees: Uint8Array[];
  /** Ed25519 (RFC 8032) over `signedCertificate`. */
  signature: Uint8Array;
}

export type UnsignedCertificate = Pick<
  Certificate,
  "deviceClass" | "device" | "board" | "firmware" | "maker" | "issued" | "trees"
>;

/** It travels as the body of one frame. */
export const MAX_CERTIFICATE_BYTES = 2046;
const TYPE = "avnode/certificate";
const VERSION = 1;
const MAX_TEXT = 40;
const MAX_TREES = 8;
const MAX_SECONDS = 4294967295;
/** Types 4 and 4, I 16, root 24. */
export const TREE_BYTES = 48;
export const MAKER_BYTES = 32;
export const MAKER_SIGNATURE_BYTES = 64;

/** Its private key is public, so it certifies nothing but units that say they are simulated. */
export const SIMULATION_MAKER = fromHex("a6bf7ff730d82ede4f6b1f9f47f93dc8c930254940853b09d2bfb6b4112ee148");

function fieldsOf(certificate: UnsignedCertificate): CborMap {
  return {
    type: TYPE,
    v: VERSION,
    class: certificate.deviceClass,
    device: certificate.device,
    board: certificate.board,
    firmware: certificate.firmware,
    maker: certificate.maker,
    issued: certificate.issued,
    trees: certificate.trees,
  };
}

/** The bytes that the maker signs. */
export function signedCertificate(certificate: UnsignedCertificate): Uint8Array {
  return concat([ascii("avnode/cert/v1"), new Uint8Array(1), encodeCbor(fieldsOf(certificate))]);
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const map = fieldsOf(certificate);
  map.signature = certificate.signature;
  return encodeCbor(map);
}

/** Reads the form only; whoever trusts it checks the signature. @throws CBOR_*, CERTIFICATE_* */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > MAX_CERTIFICATE_BYTES) {
    throw refusal("CERTIFICATE_LENGTH", "a certificate of " + bytes.length + " bytes");
  }
  const keys = ["type", "v", "class", "device", "board", "firmware", "maker", "issued", "trees", "signature"];
  const fields = new Fields(decodeCbor(bytes), "CERTIFICATE", keys);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  const deviceClass = fields.uint("class", 255);
  if (deviceClass < DeviceClass.locked || deviceClass > DeviceClass.adopted) {
    throw refusal("CERTIFICATE_CLASS", "device class " + deviceClass + " is not known");
  }
  const trees = fields.hashes("trees", TREE_BYTES, MAX_TREES);
  // Whatever maker certifies it: nothing that was adopted is ever signed by a handheld.
  if (deviceClass === DeviceClass.adopted && trees.length > 0) {
    throw refusal("CERTIFICATE_CLASS", "what was adopted has no keys that sign");
  }
  return {
    deviceClass,
    device: fields.bytes("device", DEVICE_ID_BYTES),
    board: fields.text("board", MAX_TEXT),
    firmware: fields.bytes("firmware", HASH_BYTES),
    maker: fields.bytes("maker", MAKER_BYTES),
    issued: fields.uint("issued", MAX_SECONDS),
    trees,
    signature: fields.bytes("signature", MAKER_SIGNATURE_BYTES),
  };
}
