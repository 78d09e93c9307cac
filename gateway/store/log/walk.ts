/** How far a recording has been read for the log: frames in order, the chain behind them, the samples not held. */
import { type Drop, decodeData } from "../../../protocol/bodies";
import { chainNext, HASH_BYTES } from "../../../protocol/chain";
import { blockSamples } from "../../../protocol/codec/block";
import { FrameType, MAX_FRAME_BYTES } from "../../../protocol/header";
import { blockShape, decodeOpen, type Open } from "../../../protocol/open";
import { nodeCrypto as crypto } from "../../crypto";
import { addRun, type Runs } from "../runs";

/** For chainNext, which every stored frame goes through. */
const room = new Uint8Array(HASH_BYTES + MAX_FRAME_BYTES);

export class Walk {
  constructor(
    /** Frames passed, or declared lost. */
    public frames: number,
    public chain: Uint8Array,
    /** End of the furthest block, per lead. */
    public samples: number,
    /** Of those, the positions that are not held. */
    readonly lost: Runs,
    /** The open frame, once passed; without it no block can be read. */
    public open?: Open,
  ) {}

  /** The next frame, or one that is held within a stretch declared lost. @param body opened */
  pass(sequence: number, type: number, frame: Uint8Array, body: Uint8Array): void {
    if (sequence === this.frames) {
      this.chain = chainNext(crypto, this.chain, frame, room);
      this.frames++;
    }
    try {
      if (type === FrameType.open) this.open = decodeOpen(body);
      else if (type === FrameType.data && this.open) this.measure(body, this.open);
    } catch {
      // What the handheld sealed and nobody can read: verification tells, the log goes on.
    }
  }

  /** Over frames that were declared lost. */
  jump(drop: Drop): void {
    this.chain = drop.chain;
    this.frames = drop.to + 1;
  }

  private measure(body: Uint8Array, open: Open): void {
    const { firstSample, block } = decodeData(body);
    const samples = blockSamples(block, blockShape(open));
    addRun(this.lost, this.samples, firstSample - this.samples);
    this.samples = Math.max(this.samples, firstSample + samples);
  }
}
