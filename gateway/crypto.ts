/** The protocol's cryptography on Node: node:crypto behind the injected interface. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import type { Crypto } from "../protocol/crypto";
import { TAG_BYTES } from "../protocol/header";

const SUITE = "aes-128-ccm";
const OPTIONS = { authTagLength: TAG_BYTES };

export const nodeCrypto: Crypto = {
  // One call: half the time of createHash, and verify hashes every frame. As text, because the text goes into Buffer's
  // pool, whereas memory of its own for every hash takes longer than the hash.
  sha256: (data) => Buffer.from(hash("sha256", data, "binary"), "latin1"),
  hmac: (key, data) => createHmac("sha256", key).update(data).digest(),
  seal(key, nonce, plain) {
    const cipher = createCipheriv(SUITE, key, nonce, OPTIONS);
    const ciphertext = cipher.update(plain);
    cipher.final();
    return Buffer.concat([ciphertext, cipher.getAuthTag()]);
  },
  open(key, nonce, sealed) {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(SUITE, key, nonce, OPTIONS);
    decipher.setAuthTag(sealed.subarray(end));
    try {
      const plain = decipher.update(sealed.subarray(0, end));
      decipher.final();
      // As a plain array, whose slices are copies everywhere.
      return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
    } catch {
      return undefined;
    }
  },
  random: (length) => randomBytes(length),
};

/** PKCS #8 of an Ed25519 seed (RFC 8410), but for the seed itself. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export interface Ed25519Signer {
  /** Raw, 32 bytes. */
  publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** @param seed the private key of RFC 8032, 32 bytes */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), but for the key itself. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** @param publicKey raw, 32 bytes; false for what is no signature, whatever its form */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, publicKey]),
      format: "der",
      type: "spki",
    });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
