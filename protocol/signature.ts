/** Body of the signature frame: which leaf signed the recording's close, and its LM-OTS signature. The path is not in it: it comes from public tables. */
import { Reader, Writer } from "./bytes";
import { OtsType, otsSignatureBytes } from "./lmots";
import { refusal } from "./refusal";

/** The one parameter set of the wire: RFC 9858, SHA-256/192, W = 4. */
export const SIGNATURE_OTS_TYPE = OtsType.sha256N24W4;
const OTS_BYTES = otsSignatureBytes(SIGNATURE_OTS_TYPE);
export const SIGNATURE_BYTES = 1 + 4 + OTS_BYTES;

/** A close's signature, over the bytes of `signedClose`. */
export interface CloseSignature {
  /** Which of the certificate's trees, from 0. */
  tree: number;
  /** q, the leaf within that tree. */
  leaf: number;
  ots: Uint8Array;
}

function check(signature: CloseSignature): CloseSignature {
  if (new Reader(signature.ots, "SIGNATURE").uint(4) !== SIGNATURE_OTS_TYPE) {
    throw refusal("SIGNATURE_TYPE", "a signature of another type than LMOTS_SHA256_N24_W4");
  }
  return signature;
}

export function encodeSignature(signature: CloseSignature): Uint8Array {
  check(signature);
  return new Writer(SIGNATURE_BYTES)
    .uint(signature.tree, 1)
    .uint(signature.leaf, 4)
    .raw(signature.ots, OTS_BYTES)
    .done();
}

/** @throws SIGNATURE_* */
export function decodeSignature(body: Uint8Array): CloseSignature {
  const reader = new Reader(body, "SIGNATURE");
  const signature: CloseSignature = {
    tree: reader.uint(1),
    leaf: reader.uint(4),
    ots: reader.raw(OTS_BYTES),
  };
  reader.end();
  return check(signature);
}
