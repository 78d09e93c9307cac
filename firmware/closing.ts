/** Signs the close of an ended recording a slice at a time, so that the next recording never waits for it. */
import { encodeSignature } from "../protocol/signature";
import type { LeafSigner } from "../protocol/trees";
import type { Board } from "./board/board";

/**
 * Hashes of a slice. By the instructions counted on the runtime for ARM, at 28,000 a millisecond, a hash takes an nRF52840
 * some 5 ms (estimate): the call and the steps around it, not SHA-256. A slice is then 20 ms, while 32 words of a front
 * end's FIFO last 62 ms at 512 Hz; 435 hashes are 109 slices, 2.4 s in all, and 0.4 s before them.
 */
const SLICE_HASHES = 4;
/** After so many slices memory is put in order, in a slice of its own. */
const TIDY_SLICES = 16;

/** An ended recording that its signature still has to be written behind. */
export interface Ended {
  epoch: number;
  recording: number;
  /** Seals its frames. */
  key: Uint8Array;
  /** Sequence right behind the close, and what the close left. */
  sequence: number;
  samples: number;
  chain: Uint8Array;
}

export class Closing {
  private ended: Ended | undefined;
  private signer: LeafSigner | undefined;
  private whole = false;
  private slices = 0;
  private cancel: (() => void) | undefined;
  private readonly slice: () => void;

  /** @param write puts a signature frame of this body into flash; a slice of its own */
  constructor(
    private readonly board: Board,
    private readonly write: (ended: Ended, body: Uint8Array) => void,
  ) {
    const self = this;
    this.slice = function () {
      if (self.whole) return self.finish();
      self.slices++;
      if (self.slices % TIDY_SLICES === 0) self.board.tidy();
      else self.whole = self.signer!.step(SLICE_HASHES);
      self.cancel = self.board.after(0, self.slice);
    };
  }

  /** True while a close waits for its signature. */
  pending(): boolean {
    return this.ended !== undefined;
  }

  /** Call `finish` before the next. @param signer of the close, its leaf burned */
  begin(ended: Ended, signer: LeafSigner): void {
    this.ended = ended;
    this.signer = signer;
    this.whole = false;
    this.cancel = this.board.after(0, this.slice);
  }

  /** Does what is left at once, if anything is: the recording behind was shorter than its signature takes. */
  finish(): void {
    const ended = this.ended;
    const signer = this.signer;
    if (!ended || !signer) return;
    this.cancel!();
    // Forgotten first: whatever fails in writing it, the key is gone.
    this.ended = undefined;
    this.signer = undefined;
    signer.step(Infinity);
    this.write(ended, encodeSignature(signer.signature()));
  }
}
