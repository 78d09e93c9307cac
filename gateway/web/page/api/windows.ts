/**
 * Windows of a recording's signal, in pieces of one size that are asked for once and kept while they are of use. They are
 * kept in memory alone: no browser is to have an ECG on its disk.
 */
import { MAX_STEP, SIGNAL_HEADERS, signal } from "../../../schema/signal";
import type { Piece } from "../paper/samples";
import type { Api } from "./client";

/** Per lead; a power of two, so that a finer one's edges are a coarser one's, too. */
const ENTRIES = 2048;
const KEPT = 48;
const AT_ONCE = 4;
const RETRY_MS = 2000;

interface Chunk {
  step: number;
  number: number;
  /** Per lead; undefined until it comes. */
  values?: Int32Array[];
  /** It was shorter than it may become. */
  isOpen?: boolean;
  asked: boolean;
  used: number;
}

/** So many to a pixel are still drawn one by one, and can be read with calipers. */
const SINGLE = 8;

/** Single samples as long as that is no waste, then pairs that are narrower than a pixel. */
export function stepOf(samplesPerPixel: number): number {
  if (samplesPerPixel < SINGLE) return 1;
  return Math.min(MAX_STEP, 2 ** Math.floor(Math.log2(samplesPerPixel)));
}

export class Windows {
  private readonly chunks = new Map<string, Chunk>();
  private asking = 0;
  private clock = 0;
  private wanted: Chunk[] = [];
  private isClosed = false;

  /** @param changed called when something came that was asked for */
  constructor(
    private readonly api: Api,
    private readonly id: string,
    private readonly leads: number,
    private samples: number,
    private readonly changed: () => void,
  ) {}

  close(): void {
    this.isClosed = true;
    this.wanted = [];
  }

  /** A recording that goes on: what ended where it did is asked for again. */
  grow(samples: number): void {
    if (samples === this.samples) return;
    this.samples = samples;
    for (const [key, chunk] of this.chunks) if (chunk.isOpen) this.chunks.delete(key);
  }

  /** What is here of that window, per lead; the rest is asked for. Pieces that meet are one. */
  read(from: number, to: number, step: number): Piece[][] {
    const length = ENTRIES * step;
    const first = Math.max(0, Math.floor(from / length));
    const last = Math.floor((Math.min(to, this.samples) - 1) / length);
    const found: Piece[][] = Array.from({ length: this.leads }, () => []);
    this.wanted = [];
    let run: Chunk[] = [];
    for (let number = first; number <= last; number++) {
      const chunk = this.chunk(step, number);
      if (chunk.values) run.push(chunk);
      else {
        this.wanted.push(chunk);
        run = this.ended(run, found);
      }
    }
    this.ended(run, found);
    this.askNext();
    return found;
  }

  private ended(run: Chunk[], found: Piece[][]): Chunk[] {
    const [begin] = run;
    if (begin)
      for (const [lead, pieces] of found.entries()) {
        const { step } = begin;
        pieces.push({ from: begin.number * ENTRIES * step, step, values: joinedValues(run, lead) });
      }
    return [];
  }

  private chunk(step: number, number: number): Chunk {
    const key = `${step}/${number}`;
    let chunk = this.chunks.get(key);
    if (!chunk) {
      chunk = { step, number, asked: false, used: 0 };
      this.chunks.set(key, chunk);
      this.forget();
    }
    chunk.used = ++this.clock;
    return chunk;
  }

  private forget(): void {
    if (this.chunks.size <= KEPT) return;
    const [oldest] = [...this.chunks].sort(([, a], [, b]) => a.used - b.used);
    this.chunks.delete(oldest![0]);
  }

  private askNext(): void {
    while (this.asking < AT_ONCE) {
      const chunk = this.wanted.shift();
      if (!chunk) return;
      if (!chunk.asked) void this.ask(chunk);
    }
  }

  private async ask(chunk: Chunk): Promise<void> {
    const { step, number } = chunk;
    chunk.asked = true;
    this.asking++;
    try {
      const from = number * ENTRIES * step;
      const to = from + ENTRIES * step;
      const response = await this.api.send(signal, {
        params: { id: this.id },
        query: { from: String(from), to: String(to), step: String(step) },
      });
      const count = Number(response.headers.get(SIGNAL_HEADERS.count));
      chunk.values = leadsOf(await response.arrayBuffer(), this.leads, count, step);
      chunk.isOpen = count < ENTRIES;
    } catch {
      // The hub is away, or reads this recording for the first time: what is still on screen then is asked for again.
      setTimeout(() => {
        chunk.asked = false;
        if (!this.isClosed) this.changed();
      }, RETRY_MS);
    } finally {
      this.asking--;
    }
    if (this.isClosed) return;
    if (chunk.values) this.changed();
    this.askNext();
  }
}

/** @throws RangeError when there are not as many bytes as were said */
export function leadsOf(bytes: ArrayBuffer, leads: number, count: number, step: number): Int32Array[] {
  const values = count * (step === 1 ? 1 : 2);
  if (bytes.byteLength !== leads * values * 4)
    throw new RangeError(`${bytes.byteLength} bytes are not ${leads} leads of ${count}`);
  // Every machine that runs a browser is little-endian, as the answer is.
  return Array.from({ length: leads }, (_, lead) => new Int32Array(bytes, lead * values * 4, values));
}

function joinedValues(run: readonly Chunk[], lead: number): Int32Array {
  if (run.length === 1) return run[0]!.values![lead]!;
  const parts = run.map(({ values }) => values![lead]!);
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
