/** One ownership's chain key, run forward on scratch state until a tag has verified. */
import type { Crypto } from "../../protocol/crypto";
import { nextChainKey, recordingKey } from "../../protocol/keys";

/** Recordings that may be skipped unasked. */
export const MAX_STEPS = 1024;

export class Ratchet {
  /** CK(number), CK(number + 1), …: kept, so that forged recording numbers cost one derivation each, not a thousand. */
  private scratch: Uint8Array[];

  /** @param number the lowest recording whose key can still be derived */
  constructor(
    private readonly crypto: Crypto,
    private readonly device: Uint8Array,
    private readonly epoch: number,
    public number: number,
    chainKey: Uint8Array,
  ) {
    this.scratch = [chainKey];
  }

  /** @param number from this.number to this.number + MAX_STEPS */
  chainKey(number: number): Uint8Array {
    for (let i = this.scratch.length; i <= number - this.number; i++) {
      this.scratch.push(nextChainKey(this.crypto, this.scratch[i - 1]));
    }
    return this.scratch[number - this.number];
  }

  recordingKey(number: number): Uint8Array {
    return recordingKey(this.crypto, this.chainKey(number), this.device, this.epoch, number);
  }

  /** Forgets every key below `number`. */
  advance(number: number): void {
    this.chainKey(number);
    this.scratch = this.scratch.slice(number - this.number);
    this.number = number;
  }
}
