/**
 * The proof's cryptography in any browser, without its help: WebCrypto has no CCM and answers by promises only. Chromium
 * has it in files, too, but takes 10 µs for the hash of a frame where this takes 4, and a day's chain is one after another.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { sameBytes } from "../../../protocol/bytes";
import type { ProofCrypto } from "../../../protocol/proof/verify";
import { Ccm } from "./ccm";

/** @param opening told of the bytes of each frame that is opened */
export function browserCrypto(opening: (bytes: number) => void = () => undefined): ProofCrypto {
  let ccm: Ccm | undefined;
  return {
    sha256: (data) => sha256(data),
    open(key, nonce, sealed) {
      opening(sealed.length);
      if (!ccm || !sameBytes(ccm.key, key)) ccm = new Ccm(key);
      return ccm.open(nonce, sealed);
    },
    ed25519(publicKey, message, signature) {
      if (publicKey.length !== 32 || signature.length !== 64) return false;
      try {
        // As OpenSSL has it, RFC 8032's stricter reading: no cofactor, no other form of the same point.
        return ed25519.verify(signature, message, publicKey, { zip215: false });
      } catch {
        return false;
      }
    },
  };
}
