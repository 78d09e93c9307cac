/** The protocol's cryptography by the runtime's library. */
import type { Crypto } from "../../protocol/crypto";

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const TAG_BYTES = 8;
const INNER = 0x36363636;
const OUTER = 0x5c5c5c5c;

export class EspruinoCrypto implements Crypto {
  private readonly library = require("crypto");

  sha256(data: Uint8Array): Uint8Array {
    return new Uint8Array(this.library.SHA256(data));
  }

  hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
    const padded = new Uint8Array(BLOCK_BYTES);
    padded.set(key.length > BLOCK_BYTES ? this.sha256(key) : key, 0);
    const inner = new Uint8Array(BLOCK_BYTES + data.length);
    const outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES);
    // By the word: a statement costs 40 µs.
    const words = new Uint32Array(padded.buffer, 0, BLOCK_BYTES / 4);
    const innerWords = new Uint32Array(inner.buffer, 0, BLOCK_BYTES / 4);
    const outerWords = new Uint32Array(outer.buffer, 0, BLOCK_BYTES / 4);
    for (let i = 0; i < BLOCK_BYTES / 4; i++) {
      innerWords[i] = words[i] ^ INNER;
      outerWords[i] = words[i] ^ OUTER;
    }
    inner.set(data, BLOCK_BYTES);
    outer.set(this.sha256(inner), BLOCK_BYTES);
    return this.sha256(outer);
  }

  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    // Undefined where memory has no piece as long as the message: what collects garbage may free one.
    let sealed = AES.ccmEncrypt(plain, key, nonce, TAG_BYTES);
    if (!sealed) {
      process.memory();
      sealed = AES.ccmEncrypt(plain, key, nonce, TAG_BYTES);
    }
    if (!sealed) throw new Error("no memory in one piece to seal " + plain.length + " bytes");
    const out = new Uint8Array(plain.length + TAG_BYTES);
    out.set(new Uint8Array(sealed.data), 0);
    out.set(new Uint8Array(sealed.tag), plain.length);
    return out;
  }

  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return undefined;
    // What it prints of a bad tag reaches nobody on a locked unit.
    const plain = AES.ccmDecrypt(sealed.subarray(0, length), key, nonce, sealed.subarray(length));
    return plain ? new Uint8Array(plain) : undefined;
  }

  /** From the chip's generator on an nRF52; the runtime's build for Linux answers from rand(), which is for tests only. */
  random(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = E.hwRand();
      out[i] = word;
      if (i + 1 < length) out[i + 1] = word >>> 8;
      if (i + 2 < length) out[i + 2] = word >>> 16;
      if (i + 3 < length) out[i + 3] = word >>> 24;
    }
    return out;
  }
}
