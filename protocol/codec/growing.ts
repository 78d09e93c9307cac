import { type BlockShape, rawBytes } from "./bounds";
import { CODE_BYTES, encodeWords, putLeads, putStart, rawWords, WIDEST } from "./encode";
import { type Loops, loops, TOO_WILD } from "./flat";
import { putHeader } from "./layout";
import { type BitSink, finish } from "./write";

/** Words that tell how a lead starts. */
const START_WORDS = 5;

/**
 * `encodeWords` of one full block after the other, bit for bit, while its words come in: a whole block's loop takes an
 * nRF52 longer than its front end's FIFO bears. The first lead grows; more than one want native code anyway.
 */
export class GrowingBlock {
  private readonly loops: Loops;
  private readonly sink: BitSink;
  private readonly limit: number;
  /** Words of the first lead that are coded, and the running magnitude behind them. */
  private coded = 0;
  private magnitude = 0;
  private level = 0;

  /** @param words of `shape.nominal` each, filled by the caller from their beginning on */
  constructor(
    private readonly words: Int32Array[],
    private readonly shape: BlockShape,
    private readonly left: number,
    private readonly right: number,
  ) {
    // Not in the first block, which would have to wait for it.
    this.loops = loops();
    this.limit = rawBytes(shape, shape.nominal);
    const room = this.limit + CODE_BYTES * shape.nominal + 8;
    this.sink = { bytes: new Uint8Array(room), position: 0, acc: 0, pending: 0 };
  }

  /** The first `filled` words stand. */
  grow(filled: number): void {
    if (filled < START_WORDS || this.shape.bits > WIDEST) return;
    const lead = this.words[0].subarray(0, filled);
    if (this.coded === 0) {
      this.level = this.loops.startOf(lead, this.left, this.right, this.shape.bits);
      // A line that is flat so far may end so, or begin to move: its codes are those of level 0.
      this.magnitude = this.level < 0 ? 0 : (1 << this.level) - 1;
      this.begin(Math.max(0, this.level));
      this.coded = 1;
    }
    if (this.wild()) return;
    this.magnitude = this.loops.putCodes(lead, this.coded, this.left, this.right, this.magnitude, this.sink);
    this.coded = filled;
  }

  /** The block of all `shape.nominal` words; the next one may begin. */
  end(): Uint8Array {
    this.grow(this.shape.nominal);
    const bytes = this.coded === 0 ? undefined : this.whole();
    this.coded = 0;
    return bytes ?? encodeWords(this.words, this.shape, this.left, this.right);
  }

  /** What stands is given up. */
  reset(): void {
    this.coded = 0;
  }

  private whole(): Uint8Array | undefined {
    if (this.wild()) return rawWords(this.words, this.shape, this.left, this.right);
    // No residual but 0 leaves it there.
    if (this.level <= 0 && this.magnitude === 0) this.begin(-1);
    if (!putLeads(this.words, 1, this.shape, this.left, this.right, this.sink)) return undefined;
    const bytes = finish(this.sink);
    return bytes.length < this.limit ? bytes : undefined;
  }

  private wild(): boolean {
    return this.level === TOO_WILD || this.sink.position >= this.limit;
  }

  private begin(level: number): void {
    const sink = this.sink;
    sink.position = 0;
    sink.acc = 0;
    sink.pending = 0;
    putHeader(sink, this.shape, this.shape.nominal, 0);
    putStart(this.words, 0, this.shape, this.left, this.right, level, sink);
  }
}
