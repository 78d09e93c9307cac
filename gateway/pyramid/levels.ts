/** A recording's pyramid: per lead the smallest and the largest of so many samples, on several levels, in chunks. */

/** As entries of nothing are, and as the API says it: smaller than any sample of a 24-bit converter. */
export const NO_SAMPLE = -2147483648;
/** Samples that an entry of each level stands for; each a multiple of the one before. */
export const STEPS = [64, 512, 4096, 32_768, 262_144] as const;
/** Entries per lead in a chunk. */
export const ENTRIES = 1024;

/** Lead after lead, ENTRIES times smallest and largest; both NO_SAMPLE where nothing is held. */
export type Chunk = Int32Array;

export interface Chunks {
  readonly leads: number;
  /** To be written to; `changed` follows. */
  chunk(level: number, index: number): Chunk;
  changed(level: number, index: number): void;
}

export function emptyChunk(leads: number): Chunk {
  return new Int32Array(leads * ENTRIES * 2).fill(NO_SAMPLE);
}

/** Widens an entry so that it covers smallest and largest of another one. */
function widen(chunk: Chunk, at: number, low: number, high: number): void {
  if (low === NO_SAMPLE) return;
  if (chunk[at] === NO_SAMPLE) {
    chunk[at] = low;
    chunk[at + 1] = high;
    return;
  }
  if (low < chunk[at]!) chunk[at] = low;
  if (high > chunk[at + 1]!) chunk[at + 1] = high;
}

/** Place of an entry's smallest value in its chunk. */
function placeOf(lead: number, entry: number): number {
  return (lead * ENTRIES + (entry % ENTRIES)) * 2;
}

/**
 * Takes samples in, in any order, and the same ones again without harm: entries only widen.
 * @param samples one array per lead, of equal length
 */
export function addSamples(chunks: Chunks, firstSample: number, samples: ArrayLike<number>[]): void {
  const count = samples[0]!.length;
  if (count === 0) return;
  const end = firstSample + count;
  for (let at = firstSample; at < end; ) {
    const entry = Math.floor(at / STEPS[0]);
    const next = Math.min(end, (entry + 1) * STEPS[0]);
    const index = Math.floor(entry / ENTRIES);
    const chunk = chunks.chunk(0, index);
    for (let lead = 0; lead < samples.length; lead++) {
      const values = samples[lead]!;
      let low = values[at - firstSample]!;
      let high = low;
      for (let i = at + 1 - firstSample; i < next - firstSample; i++) {
        const value = values[i]!;
        if (value < low) low = value;
        else if (value > high) high = value;
      }
      widen(chunk, placeOf(lead, entry), low, high);
    }
    chunks.changed(0, index);
    at = next;
  }
  for (let level = 1; level < STEPS.length; level++) raise(chunks, level, firstSample, end);
}

/** From the level below, what samples `from` to `to` have changed there. */
function raise(chunks: Chunks, level: number, from: number, to: number): void {
  const below = STEPS[level - 1]!;
  const ratio = STEPS[level]! / below;
  for (let entry = Math.floor(from / below); entry * below < to; entry++) {
    const source = chunks.chunk(level - 1, Math.floor(entry / ENTRIES));
    const upper = Math.floor(entry / ratio);
    const index = Math.floor(upper / ENTRIES);
    const chunk = chunks.chunk(level, index);
    for (let lead = 0; lead < chunks.leads; lead++) {
      const at = placeOf(lead, entry);
      widen(chunk, placeOf(lead, upper), source[at]!, source[at + 1]!);
    }
    chunks.changed(level, index);
  }
}

/** The coarsest level that entries of `step` samples can be made of; undefined when every sample must be looked at. */
export function levelFor(step: number): number | undefined {
  const level = STEPS.findLastIndex((one) => step % one === 0);
  return level < 0 ? undefined : level;
}

/**
 * `count` entries of `step` samples from sample `from` on.
 * @param from a multiple of `step`, which is one of a level's step
 * @returns lead after lead, smallest and largest of each entry
 */
export function readEntries(
  chunks: Pick<Chunks, "chunk">,
  leads: readonly number[],
  from: number,
  step: number,
  count: number,
): Int32Array {
  const level = levelFor(step)!;
  const ratio = step / STEPS[level]!;
  const out = new Int32Array(leads.length * count * 2).fill(NO_SAMPLE);
  const first = (from / step) * ratio;
  for (let done = 0; done < count * ratio; ) {
    const entry = first + done;
    const chunk = chunks.chunk(level, Math.floor(entry / ENTRIES));
    const here = Math.min(count * ratio - done, ENTRIES - (entry % ENTRIES));
    for (const [place, lead] of leads.entries()) {
      let at = placeOf(lead, entry);
      for (let i = done; i < done + here; i++, at += 2)
        widen(out, (place * count + Math.floor(i / ratio)) * 2, chunk[at]!, chunk[at + 1]!);
    }
    done += here;
  }
  return out;
}
