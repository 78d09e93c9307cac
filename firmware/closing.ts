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

/** A recording's FIFO is emptied many times in that; where it never is just so, the signature waits no longer. */
const PAUSE_MS = 3000;

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
  /** The signature, sealed. */
  private frame: Uint8Array | undefined;
  private slices = 0;
  private cancel: (() => void) | undefined;
  private readonly slice: () => void;

  /**
   * @param seal makes the signature frame of this body
   * @param write puts it into flash, at worst on a page that is erased for it
   * @param recording true while a FIFO fills
   */
  constructor(
    private readonly board: Board,
    private readonly seal: (ended: Ended, body: Uint8Array) => Uint8Array,
    private readonly write: (ended: Ended, frame: Uint8Array) => void,
    recording: () => boolean,
  ) {
    const self = this;
    const finish = function (): void {
      self.finish();
    };
    this.slice = function () {
      if (self.whole) {
        if (!recording()) return self.finish();
        self.cancel = self.board.after(PAUSE_MS, finish);
        return;
      }
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

  /**
   * A recording's FIFO was just emptied: seals the signature, or writes it the next time. Either takes longer than what is
   * left of a FIFO that asks to be read when half full. @returns true when it took time
   */
  emptied(): boolean {
    if (!this.ended || !this.whole) return false;
    if (this.frame) this.finish();
    else this.frame = this.sealed(this.ended);
    return true;
  }

  private sealed(ended: Ended): Uint8Array {
    return this.seal(ended, encodeSignature(this.signer!.signature()));
  }

  /** Does what is left at once, if anything is: the recording behind was shorter than its signature takes. */
  finish(): void {
    const ended = this.ended;
    if (!ended) return;
    this.cancel!();
    this.signer!.step(Infinity);
    const frame = this.frame ?? this.sealed(ended);
    // Forgotten first: whatever fails in writing it, the key is gone.
    this.ended = undefined;
    this.signer = undefined;
    this.frame = undefined;
    this.write(ended, frame);
  }
}
