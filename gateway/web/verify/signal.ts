/** The samples of an opened proof, decoded where they are looked at; of a day as a whole only smallest and largest are kept. */
import { type Data, type Mark, MarkKind } from "../../../protocol/bodies";
import { decodeBlock } from "../../../protocol/codec/block";
import { blockShape, type Open } from "../../../protocol/open";
import type { Onlooker } from "../../../protocol/proof/contents";
import { NO_SAMPLE } from "../../schema/nosample";
import type { Piece, Range } from "../page/paper/samples";

/** Samples to an entry of what is kept of all. */
const COARSE = 128;
/** Of all leads together: 97 days of one at 256 Hz, for which 128 MiB are kept. */
const MAX_SAMPLES = 2 ** 31;
/** Of all leads together, in a window that shows each of them. */
const MAX_FINE = 2 ** 24;

/** Where a block's bytes lie among those of all. */
interface Block {
  first: number;
  count: number;
  from: number;
  to: number;
}

export interface SignalForm {
  open: Open;
  samples: number;
  gaps: Range[];
  /** Samples at which the person marked a symptom. */
  marks: number[];
}

export class Signal implements Pick<Onlooker, "mark" | "data"> {
  readonly form: SignalForm;
  private readonly blocks: Block[] = [];
  /** Those of all blocks, one behind the other: an array for each would be as large again. */
  private readonly bytes: Uint8Array;
  /** Of each lead: smallest and largest of each COARSE samples. */
  private readonly pairs: Int32Array[];
  /** Behind the last sample that came. */
  private end = 0;

  /** False for what would take the machine's memory; a proof can say what it likes of gaps. */
  static holds(open: Open, samples: number): boolean {
    return open.leads.length * samples <= MAX_SAMPLES;
  }

  /**
   * Marks and data are to follow, and then what is not there.
   * @param samples of the recording, gaps included
   * @param maxBytes of all blocks together
   */
  constructor(open: Open, samples: number, maxBytes: number) {
    const entries = Math.ceil(samples / COARSE);
    this.pairs = open.leads.map(() => new Int32Array(2 * entries).fill(NO_SAMPLE));
    this.bytes = new Uint8Array(maxBytes);
    this.form = { open, samples, gaps: [], marks: [] };
  }

  mark({ kind, sample }: Mark): void {
    if (kind === MarkKind.symptom) this.form.marks.push(sample);
  }

  data({ firstSample: first, block }: Data, leads: Int32Array[]): void {
    this.missing(first);
    const from = this.blocks.at(-1)?.to ?? 0;
    this.bytes.set(block, from);
    const count = leads[0]!.length;
    this.blocks.push({ first, count, from, to: from + block.length });
    for (const [n, values] of leads.entries()) this.note(this.pairs[n]!, first, values);
    this.end = first + count;
  }

  /** Nothing more comes before this sample. */
  missing(to: number): void {
    if (to > this.end) this.form.gaps.push({ from: this.end, to });
    this.end = to;
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
    const isFine = step < COARSE && this.pairs.length * (end - begin) <= MAX_FINE;
    return isFine ? this.fine(begin, Math.max(begin, end)) : this.coarse(begin, end, step);
  }

  private fine(from: number, to: number): Piece[] {
    const shape = blockShape(this.form.open);
    const leads = this.pairs.map(() => new Int32Array(to - from).fill(NO_SAMPLE));
    for (let n = this.blockAt(from); n < this.blocks.length && this.blocks[n]!.first < to; n++) {
      const { first, count, ...place } = this.blocks[n]!;
      if (first + count <= from) continue;
      const block = this.bytes.subarray(place.from, place.to);
      for (const [lead, values] of decodeBlock(block, shape).entries()) {
        const [a, b] = [Math.max(from, first), Math.min(to, first + count)];
        leads[lead]!.set(values.subarray(a - first, b - first), a - from);
      }
    }
    return leads.map((values) => ({ from, step: 1, values }));
  }

  private coarse(from: number, to: number, step: number): Piece[] {
    const merged = Math.max(1, Math.floor(step / COARSE));
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
