/** One recording's pyramid, as far as its frames were taken in. */
import type { Blocks } from "../store/blocks";
import type { Piece } from "../store/infos";
import { addRun, cutRun, type Runs } from "../store/runs";
import type { PyramidFile, Sealer } from "./file";
import { addSamples, type Chunk, type Chunks, NO_SAMPLE, readEntries } from "./levels";

/** Chunks in memory that are on disk, too. */
const MAX_CLEAN = 32;
/** Frames taken in at once. */
const FRAMES = 16;

interface State {
  leads: number;
  /** Sequences of frames that are in it, and samples that are held. */
  taken: Runs;
  held: Runs;
}

export class Pyramid implements Chunks {
  /** Sequences whose frames may be there and are not in it. */
  readonly waiting: Runs = [];
  readonly leads: number;
  private readonly sealer: Sealer;
  private readonly taken: Runs;
  private readonly heldRuns: Runs;
  private readonly chunks = new Map<string, { level: number; index: number; chunk: Chunk }>();
  private readonly dirty = new Set<string>();
  private isChanged = false;

  constructor(
    private readonly file: PyramidFile,
    id: string,
    readonly blocks: Blocks,
  ) {
    this.leads = blocks.shape.leads;
    this.sealer = { id, leads: this.leads, key: blocks.derivedKey("pyramid") };
    const known = file.state(this.sealer) as State | undefined;
    this.taken = known?.taken ?? [];
    this.heldRuns = known?.held ?? [];
    addRun(this.waiting, 0, blocks.end);
    for (const { from, length } of this.taken) cutRun(this.waiting, from, length);
  }

  /** Runs of samples that are held. */
  get held(): Readonly<Runs> {
    return this.heldRuns;
  }

  /** Whether something is to be saved. */
  get unsaved(): number {
    return this.isChanged ? Math.max(1, this.dirty.size) : 0;
  }

  /** Frames of these sequences have come. */
  came(sequence: number): void {
    addRun(this.waiting, sequence, 1);
  }

  /** Takes some of the waiting frames in. @returns false when none waits */
  take(): boolean {
    const [run] = this.waiting;
    if (!run) return false;
    const { from } = run;
    const { taken, pieces, next } = this.blocks.read(from, from + run.length, FRAMES);
    for (const piece of pieces) this.add(piece);
    cutRun(this.waiting, from, next - from);
    for (const sequence of taken) addRun(this.taken, sequence, 1);
    this.isChanged ||= taken.length > 0;
    return true;
  }

  /** Entries as readEntries gives them. */
  read(leads: readonly number[], from: number, step: number, count: number): Int32Array {
    const out = readEntries(this, leads, from, step, count);
    this.forget();
    return out;
  }

  chunk(level: number, index: number): Chunk {
    const name = `${level}/${index}`;
    const known = this.chunks.get(name);
    if (known) return known.chunk;
    const chunk = this.file.chunk(this.sealer, level, index);
    this.chunks.set(name, { level, index, chunk });
    return chunk;
  }

  changed(level: number, index: number): void {
    this.dirty.add(`${level}/${index}`);
  }

  /** @throws errors of SQLite; then nothing of it was saved, and the next time is another try */
  save(): void {
    if (!this.isChanged) return;
    const state: State = { leads: this.leads, taken: this.taken, held: this.heldRuns };
    this.file.save(
      this.sealer,
      [...this.dirty].map((name) => this.chunks.get(name)!),
      state,
    );
    this.dirty.clear();
    this.isChanged = false;
    this.forget();
  }

  private add({ firstSample, samples }: Piece): void {
    addSamples(this, firstSample, samples);
    addRun(this.heldRuns, firstSample, samples[0]!.length);
  }

  /** The oldest of the chunks that are on disk as they are. */
  private forget(): void {
    let clean = this.chunks.size - this.dirty.size;
    for (const name of this.chunks.keys()) {
      if (clean <= MAX_CLEAN) return;
      if (this.dirty.has(name)) continue;
      this.chunks.delete(name);
      clean--;
    }
  }
}

/** `count` entries of `step` samples, or `count` samples for step 1, from the blocks themselves; yields between them. */
export function* readSamples(
  blocks: Blocks,
  leads: readonly number[],
  from: number,
  step: number,
  count: number,
): Generator<undefined, Int32Array> {
  const wide = step > 1 ? 2 : 1;
  const out = new Int32Array(leads.length * count * wide).fill(NO_SAMPLE);
  const to = from + count * step;
  for (const { firstSample, samples } of blocks.window(from, to)) {
    const first = Math.max(from, firstSample);
    const end = Math.min(to, firstSample + samples[0]!.length);
    for (const [place, lead] of leads.entries()) {
      const values = samples[lead]!;
      const base = place * count * wide;
      for (let at = first; at < end; at++) {
        const value = values[at - firstSample]!;
        if (wide === 1) {
          out[base + at - from] = value;
          continue;
        }
        const entry = base + 2 * Math.floor((at - from) / step);
        if (out[entry] === NO_SAMPLE) {
          out[entry] = value;
          out[entry + 1] = value;
        } else if (value < out[entry]!) out[entry] = value;
        else if (value > out[entry + 1]!) out[entry + 1] = value;
      }
    }
    yield;
  }
  return out;
}
