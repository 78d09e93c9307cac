/** AES-128-CCM as the frames have it (RFC 3610, M = 8, L = 2, no associated data), over AES's bare block. */
import { unsafe } from "@noble/ciphers/aes.js";
import { TAG_BYTES } from "../../../protocol/header";

const BLOCK = 16;
const NONCE_BYTES = 13;
/** Flags of the first block of the MAC: M' = (8 − 2) / 2 in bits 3 to 5, L' = 2 − 1 in bits 0 to 2. */
const MAC_FLAGS = (((TAG_BYTES - 2) / 2) << 3) | 1;
/** Of the counter's blocks: L' alone. */
const COUNTER_FLAGS = 1;
const MAX_PLAIN = 0xffff;

/** Opens what one key sealed: its schedule is made once, for there are a day's frames. */
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
    const plain = sealed.slice(0, length);
    for (let at = 0, counter = 1; at < length; at += BLOCK, counter++) {
      const stream = this.counterBlock(nonce, counter);
      const end = Math.min(BLOCK, length - at);
      for (let i = 0; i < end; i++) plain[at + i]! ^= stream[i]!;
    }
    const mac = this.macOf(nonce, plain);
    const mask = this.counterBlock(nonce, 0);
    let difference = 0;
    for (let i = 0; i < TAG_BYTES; i++) difference |= mac[i]! ^ mask[i]! ^ sealed[length + i]!;
    return difference === 0 ? plain : undefined;
  }

  private counterBlock(nonce: Uint8Array, counter: number): Uint8Array {
    return unsafe.encryptBlock(this.schedule, blockOf(COUNTER_FLAGS, nonce, counter));
  }

  /** CBC-MAC over flags, nonce and length, then the plaintext with zeros behind it. */
  private macOf(nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    let state = unsafe.encryptBlock(this.schedule, blockOf(MAC_FLAGS, nonce, plain.length));
    for (let at = 0; at < plain.length; at += BLOCK) {
      const end = Math.min(BLOCK, plain.length - at);
      for (let i = 0; i < end; i++) state[i]! ^= plain[at + i]!;
      state = unsafe.encryptBlock(this.schedule, state);
    }
    return state;
  }
}

/** @param last what stands in its last two bytes */
function blockOf(flags: number, nonce: Uint8Array, last: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block[0] = flags;
  block.set(nonce, 1);
  block[14] = last >> 8;
  block[15] = last & 255;
  return block;
}
