/** AES-128-CCM as the frames have it (RFC 3610, M = 8, L = 2, no associated data), over AES's bare block. */
import { TAG_BYTES } from "../../../protocol/header";
import { Aes } from "./aes";

const BLOCK = 16;
const NONCE_BYTES = 13;
/** Flags of the first block of the MAC: M' = (8 − 2) / 2 in bits 3 to 5, L' = 2 − 1 in bits 0 to 2. */
const MAC_FLAGS = (((TAG_BYTES - 2) / 2) << 3) | 1;
/** Of the counter's blocks: L' alone. */
const COUNTER_FLAGS = 1;
const MAX_PLAIN = 0xffff;

/**
 * Opens what one key sealed: its schedule is made once, for there are a day's frames. Works in words of 32 bits in the
 * order of every machine that has a browser, little-endian.
 */
export class Ccm {
  private readonly aes: Aes;
  /** Ciphertext, then plaintext, with the zeros behind it that the MAC wants. */
  private room = new Uint8Array(0);

  /** @param key 16 bytes */
  constructor(readonly key: Uint8Array) {
    this.aes = new Aes(key);
  }

  /** @returns undefined when the tag does not verify */
  open(nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_BYTES;
    if (nonce.length !== NONCE_BYTES || length < 0 || length > MAX_PLAIN) return undefined;
    const padded = Math.ceil(length / BLOCK) * BLOCK;
    if (this.room.length < padded) this.room = new Uint8Array(padded);
    this.room.set(sealed.subarray(0, length));
    const words = new Int32Array(this.room.buffer, 0, padded / 4);
    this.decipher(nonce, words);
    this.room.fill(0, length, padded);
    const { out } = this.aes;
    this.mac(nonce, length, words);
    const [first, second] = [out[0]!, out[1]!];
    this.aes.encrypt(firstWord(COUNTER_FLAGS, nonce), word(nonce, 3), word(nonce, 7), lastWord(nonce, 0));
    const tag = sealed.subarray(length);
    const isWhole = word(tag, 0) === (first ^ out[0]!) && word(tag, 4) === (second ^ out[1]!);
    return isWhole ? this.room.slice(0, length) : undefined;
  }

  /** XORs the words with the keystream, from counter 1. */
  private decipher(nonce: Uint8Array, words: Int32Array): void {
    const { aes } = this;
    const { out } = aes;
    const [a, b, c] = [firstWord(COUNTER_FLAGS, nonce), word(nonce, 3), word(nonce, 7)];
    for (let at = 0, counter = 1; at < words.length; at += 4, counter++) {
      aes.encrypt(a, b, c, lastWord(nonce, counter));
      words[at]! ^= out[0]!;
      words[at + 1]! ^= out[1]!;
      words[at + 2]! ^= out[2]!;
      words[at + 3]! ^= out[3]!;
    }
  }

  /** CBC-MAC over flags, nonce and length, then the plaintext; it stands in the cipher's `out`. */
  private mac(nonce: Uint8Array, length: number, words: Int32Array): void {
    const { aes } = this;
    const { out } = aes;
    aes.encrypt(firstWord(MAC_FLAGS, nonce), word(nonce, 3), word(nonce, 7), lastWord(nonce, length));
    for (let at = 0; at < words.length; at += 4) {
      aes.encrypt(
        out[0]! ^ words[at]!,
        out[1]! ^ words[at + 1]!,
        out[2]! ^ words[at + 2]!,
        out[3]! ^ words[at + 3]!,
      );
    }
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Of a block that is flags ‖ nonce ‖ two big-endian bytes. */
const firstWord = (flags: number, nonce: Uint8Array): number =>
  flags | (nonce[0]! << 8) | (nonce[1]! << 16) | (nonce[2]! << 24);

/** Of the same block. @param end what its last two bytes say */
const lastWord = (nonce: Uint8Array, end: number): number =>
  nonce[11]! | (nonce[12]! << 8) | ((end >> 8) << 16) | ((end & 255) << 24);
