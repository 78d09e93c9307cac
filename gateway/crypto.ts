/** The protocol's cryptography on Node: node:crypto behind the injected interface. */
import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from "node:crypto";
import type { Crypto } from "../protocol/crypto";
import { TAG_BYTES } from "../protocol/header";

const SUITE = "aes-128-ccm";
const OPTIONS = { authTagLength: TAG_BYTES };

export const nodeCrypto: Crypto = {
  // One call: half the time of createHash, and verify hashes every frame.
  sha256: (data) => hash("sha256", data, "buffer"),
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
