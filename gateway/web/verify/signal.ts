/** The samples of an opened proof, decoded where they are looked at; of a day as a whole only smallest and largest are kept. */
import { decodeData, decodeMark, MarkKind } from "../../../protocol/bodies";
import { decodeBlock } from "../../../protocol/codec/block";
import { FrameType, typeOf } from "../../../protocol/header";
import { blockShape, decodeOpen, type Open } from "../../../protocol/open";
import type { Piece, Range } from "../page/paper/samples";
import { NO_SAMPLE } from "../schema/nosample";

/** Samples to an entry of what is kept of all. */
const COARSE = 128;

interface Block {
  first: number;
  count: number;
  bytes: Uint8Array;
}

export interface SignalForm {
  open: Open;
  samples: number;
  gaps: Range[];
  /** Samples at which the person marked a symptom. */
  marks: number[];
}

export class Signal {
  readonly form: SignalForm;
  private readonly blocks: Block[] = [];
  /** Of each lead: smallest and largest of each COARSE samples. */
  private readonly pairs: Int32Array[];

  /**
   * @param bodies of all frames, as sealed and as opened, in order
   * @param samples of the recording, gaps included
   */
  constructor(bodies: readonly { frame: Uint8Array; body: Uint8Array }[], samples: number) {
    const first = bodies.find(({ frame }) => typeOf(frame) === FrameType.open);
    if (!first) throw new Error("the proof has no open frame, so no block of it can be read");
    const open = decodeOpen(first.body);
    const shape = blockShape(open);
    const entries = Math.ceil(samples / COARSE);
    this.pairs = open.leads.map(() => new Int32Array(2 * entries).fill(NO_SAMPLE));
    const gaps: Range[] = [];
    const marks: number[] = [];
    let end = 0;
    for (const { frame, body } of bodies) {
      if (typeOf(frame) === FrameType.mark) {
        const mark = decodeMark(body);
        if (mark.kind === MarkKind.symptom) marks.push(mark.sample);
      }
      if (typeOf(frame) !== FrameType.data) continue;
      const { firstSample, block } = decodeData(body);
      const leads = decodeBlock(block, shape);
      const count = leads[0]!.length;
      if (firstSample > end) gaps.push({ from: end, to: firstSample });
      this.blocks.push({ first: firstSample, count, bytes: block });
      for (const [n, values] of leads.entries()) this.note(this.pairs[n]!, firstSample, values);
      end = firstSample + count;
    }
    if (samples > end) gaps.push({ from: end, to: samples });
    this.form = { open, samples, gaps, marks };
  }

  private note(pairs: Int32Array, first: number, values: Int32Array): void {
    for (let i = 0; i < values.length; i++) {
      const at = 2 * Math.floor((first + i) / COARSE);
      const value = values[i]!;
      if (pairs[at] === NO_SAMPLE) {
        pairs[at] = value;
        pairs[at + 1] = value;
      } else if (value < pairs[at]!) pairs[at] = value;
      else if (value > pairs[at + 1]!) pairs[at + 1] = value;
    }
  }

  /** @param step wished for: 1 = every sample @returns of each lead, in steps not wider than that, or in those that are kept */
  window(from: number, to: number, step: number): Piece[] {
    const { samples } = this.form;
    const [begin, end] = [Math.max(0, Math.floor(from)), Math.min(samples, Math.ceil(to))];
    return step < COARSE ? this.fine(begin, Math.max(begin, end)) : this.coarse(begin, end, step);
  }

  private fine(from: number, to: number): Piece[] {
    const shape = blockShape(this.form.open);
    const leads = this.pairs.map(() => new Int32Array(to - from).fill(NO_SAMPLE));
    for (let n = this.blockAt(from); n < this.blocks.length && this.blocks[n]!.first < to; n++) {
      const { first, count, bytes } = this.blocks[n]!;
      if (first + count <= from) continue;
      for (const [lead, values] of decodeBlock(bytes, shape).entries()) {
        const [a, b] = [Math.max(from, first), Math.min(to, first + count)];
        leads[lead]!.set(values.subarray(a - first, b - first), a - from);
      }
    }
    return leads.map((values) => ({ from, step: 1, values }));
  }

  private coarse(from: number, to: number, step: number): Piece[] {
    const merged = Math.floor(step / COARSE);
    const width = merged * COARSE;
    const [first, last] = [Math.floor(from / width), Math.ceil(to / width)];
    return this.pairs.map((pairs) => {
      const values = new Int32Array(2 * Math.max(0, last - first)).fill(NO_SAMPLE);
      for (let entry = first; entry < last; entry++) {
        let [least, most] = [NO_SAMPLE, NO_SAMPLE];
        for (let n = entry * merged; n < Math.min((entry + 1) * merged, pairs.length / 2); n++) {
          if (pairs[2 * n] === NO_SAMPLE) continue;
          least = least === NO_SAMPLE ? pairs[2 * n]! : Math.min(least, pairs[2 * n]!);
          most = Math.max(most, pairs[2 * n + 1]!);
        }
        values[2 * (entry - first)] = least;
        values[2 * (entry - first) + 1] = most;
      }
      return { from: first * width, step: width, values };
    });
  }

  /** The last block that begins at or before the sample; 0 when none does. */
  private blockAt(sample: number): number {
    let [low, high] = [0, this.blocks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.blocks[middle]!.first <= sample) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
