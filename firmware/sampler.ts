/** Collects the front end's bursts into blocks of at most one second and encodes them. */
import { type BlockShape, encodeWords, GrowingBlock } from "../protocol/codec/block";
import { MAX_BODY_BYTES } from "../protocol/seal";
import type { EncodeWords, FrontEnd, Reading } from "./board/board";

/** A data frame's body holds six bytes of position beside its block. */
const MAX_BLOCK_BYTES = MAX_BODY_BYTES - 6;

/** A FIFO that bears so long bears anything. */
const AMPLE_MS = 1000;

/** Where blocks and losses go. */
export interface Sink {
  block(firstSample: number, bytes: Uint8Array, samples: number): void;
  lost(firstSample: number, samples: number): void;
  /** The length that was asked for is reached. */
  complete(): void;
  /** The FIFO was just emptied, and nothing took time since: now it bears most. @returns true when that was made use of */
  emptied(): boolean;
}

export function nominalBlock(frontEnd: FrontEnd): number {
  return Math.max(1, Math.min(65535, Math.floor(frontEnd.rateNum / frontEnd.rateDen)));
}

export class Sampler {
  readonly shape: BlockShape;
  private readonly buffer: Int32Array[] = [];
  private filled = 0;
  /** While fewer are collected, a reading that lost nothing is put behind them and nothing else happens. */
  private uneventful = 0;
  /** Index of the next sample per lead. */
  private position = 0;
  private limit = 0;
  private running = false;
  /** A block, ready, that waits until the FIFO was emptied again, and where it lies. */
  private held: Uint8Array | undefined;
  private heldFirst = 0;
  private heldEnd = 0;
  /** Where only the interpreter encodes, it does so burst after burst. */
  private readonly growing: GrowingBlock | undefined;

  /** @param encode the board's own, fast enough for a whole block at once */
  constructor(
    private readonly frontEnd: FrontEnd,
    private readonly sink: Sink,
    private readonly encode: EncodeWords | undefined,
  ) {
    this.shape = { leads: frontEnd.leads.length, bits: frontEnd.bits, nominal: nominalBlock(frontEnd) };
    for (let lead = 0; lead < this.shape.leads; lead++) this.buffer.push(new Int32Array(this.shape.nominal));
    const packing = frontEnd.packing;
    if (!encode) this.growing = new GrowingBlock(this.buffer, this.shape, packing.left, packing.right);
  }

  /** @param limit samples per lead after which the recording is complete, 0 = none */
  start(limit: number): void {
    this.filled = 0;
    this.position = 0;
    this.limit = limit;
    this.running = true;
    this.look();
    const self = this;
    this.frontEnd.start(function () {
      self.drain();
    });
  }

  /** Stops the front end and hands out what is collected. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.frontEnd.stop();
    this.flush();
  }

  /** Samples per lead taken so far, those that wait for their block included. */
  taken(): number {
    return this.position + this.filled;
  }

  private drain(): void {
    if (!this.running) return;
    const reading = this.frontEnd.read();
    const released = this.release();
    const leads = reading.leads;
    const filled = this.filled + leads[0].length;
    if (filled >= this.uneventful || reading.lost > 0) {
      if (!this.take(reading)) return;
    } else {
      const buffer = this.buffer;
      for (let lead = 0; lead < leads.length; lead++) buffer[lead].set(leads[lead], this.filled);
      this.filled = filled;
    }
    if (!released && !this.sink.emptied() && this.growing) this.growing.grow(this.filled);
  }

  /** What may end a block, or the recording. @returns true while the FIFO was emptied lately */
  private take(reading: Reading): boolean {
    if (reading.lost > 0) this.skip(reading.lost);
    const count = reading.leads[0].length;
    const before = this.position;
    let taken = 0;
    while (taken < count && this.running) {
      let step = Math.min(count - taken, this.shape.nominal - this.filled);
      if (this.limit > 0) step = Math.min(step, this.limit - this.position - this.filled);
      for (let lead = 0; lead < this.buffer.length; lead++) {
        this.buffer[lead].set(reading.leads[lead].subarray(taken, taken + step), this.filled);
      }
      this.filled += step;
      taken += step;
      const reached = this.limit > 0 && this.position + this.filled >= this.limit;
      if (this.filled === this.shape.nominal) this.flush();
      if (reached) this.sink.complete();
    }
    if (!this.running) return false;
    if (this.position === before) return true;
    if (this.growing) this.growing.grow(this.filled);
    return false;
  }

  /** Call whenever the position changed. */
  private look(): void {
    const left = this.limit - this.position;
    const nominal = this.shape.nominal;
    this.uneventful = this.limit > 0 && left < nominal ? left : nominal;
  }

  /** Samples that the FIFO lost; what of them lies behind the length asked for was never wanted. */
  private skip(lost: number): void {
    this.flush();
    const wanted = this.limit > 0 ? Math.min(lost, this.limit - this.position) : lost;
    this.sink.lost(this.position, wanted);
    this.position += wanted;
    this.look();
    if (this.limit > 0 && this.position >= this.limit) this.sink.complete();
  }

  private flush(): void {
    this.release();
    const samples = this.filled;
    if (samples === 0) return;
    this.filled = 0;
    const growing = this.growing;
    if (growing && samples < this.shape.nominal) growing.reset();
    const grown = growing && samples === this.shape.nominal ? growing.end() : undefined;
    this.emit(0, samples, grown ?? this.encoded(0, samples));
  }

  private encoded(from: number, to: number): Uint8Array {
    const leads: Int32Array[] = [];
    for (let lead = 0; lead < this.buffer.length; lead++) leads.push(this.buffer[lead].subarray(from, to));
    const packing = this.frontEnd.packing;
    const encode = this.encode ?? encodeWords;
    return encode(leads, this.shape, packing.left, packing.right);
  }

  /** A block that does not fit a frame is halved until it does; one sample of 64 leads always fits. */
  private emit(from: number, to: number, bytes: Uint8Array): void {
    if (bytes.length > MAX_BLOCK_BYTES && to - from > 1) {
      const middle = from + Math.ceil((to - from) / 2);
      this.emit(from, middle, this.encoded(from, middle));
      this.emit(middle, to, this.encoded(middle, to));
      return;
    }
    this.release();
    this.held = bytes;
    this.heldFirst = this.position;
    this.position += to - from;
    this.heldEnd = this.position;
    this.look();
    // To encode a block and to make a frame of it are each as much as a small FIFO bears: not both between two readings.
    if (!this.running || this.frontEnd.bearsMs > AMPLE_MS) this.release();
  }

  /** Hands out the block that is held. @returns whether one was */
  private release(): boolean {
    const bytes = this.held;
    if (!bytes) return false;
    this.held = undefined;
    this.sink.block(this.heldFirst, bytes, this.heldEnd - this.heldFirst);
    return true;
  }
}
