/** AES-128-CCM as the frames have it (RFC 3610, M = 8, L = 2, no associated data), over AES's bare block. */
import { unsafe } from "@noble/ciphers/aes.js";
import { sameBytes } from "../../../protocol/bytes";
import { TAG_BYTES } from "../../../protocol/header";

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
  private readonly schedule: Uint32Array;

  /** @param key 16 bytes */
  constructor(readonly key: Uint8Array) {
    this.schedule = unsafe.expandKeyLE(key);
  }

  /** @returns undefined when the tag does not verify */
  open(nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_BYTES;
    if (nonce.length !== NONCE_BYTES || length < 0 || length > MAX_PLAIN) return undefined;
    // With zeros behind it, as the MAC wants it.
    const padded = new Uint8Array(Math.ceil(length / BLOCK) * BLOCK);
    padded.set(sealed.subarray(0, length));
    const words = new Uint32Array(padded.buffer);
    const [a, b, c, d] = blockOf(COUNTER_FLAGS, nonce, 0);
    for (let at = 0, counter = 1; at < words.length; at += 4, counter++) {
      const { s0, s1, s2, s3 } = unsafe.encrypt(this.schedule, a, b, c, d | lastOf(counter));
      words[at]! ^= s0;
      words[at + 1]! ^= s1;
      words[at + 2]! ^= s2;
      words[at + 3]! ^= s3;
    }
    padded.fill(0, length);
    const mac = this.macOf(blockOf(MAC_FLAGS, nonce, length), words);
    const mask = unsafe.encrypt(this.schedule, a, b, c, d);
    const tag = new Uint8Array(Uint32Array.of(mac[0] ^ mask.s0, mac[1] ^ mask.s1).buffer);
    return sameBytes(tag, sealed.subarray(length)) ? padded.subarray(0, length) : undefined;
  }

  /** CBC-MAC over flags, nonce and length, then the plaintext. @returns its first two words: as many as the tag has */
  private macOf([a, b, c, d]: Block, words: Uint32Array): [number, number] {
    let state = unsafe.encrypt(this.schedule, a, b, c, d);
    for (let at = 0; at < words.length; at += 4) {
      state = unsafe.encrypt(
        this.schedule,
        state.s0 ^ words[at]!,
        state.s1 ^ words[at + 1]!,
        state.s2 ^ words[at + 2]!,
        state.s3 ^ words[at + 3]!,
      );
    }
    return [state.s0, state.s1];
  }
}

type Block = [number, number, number, number];

/** Two big-endian bytes at the end of a block, as part of its last word. */
const lastOf = (value: number): number => ((value >> 8) << 16) | ((value & 255) << 24);

/** @param last what stands in its last two bytes */
function blockOf(flags: number, nonce: Uint8Array, last: number): Block {
  const bytes = new Uint8Array(BLOCK);
  bytes[0] = flags;
  bytes.set(nonce, 1);
  const [a, b, c, d] = new Uint32Array(bytes.buffer);
  return [a!, b!, c!, d! | lastOf(last)];
}
