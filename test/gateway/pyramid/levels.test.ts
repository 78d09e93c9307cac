import assert from "node:assert/strict";
import {
  addSamples,
  type Chunk,
  type Chunks,
  ENTRIES,
  emptyChunk,
  levelFor,
  NO_SAMPLE,
  readEntries,
  STEPS,
} from "../../../gateway/pyramid/levels";
import { Random } from "../../../tools/sim/random";

class Memory implements Chunks {
  readonly all = new Map<string, Chunk>();
  constructor(readonly leads: number) {}
  chunk(level: number, index: number): Chunk {
    const name = `${level}/${index}`;
    if (!this.all.has(name)) this.all.set(name, emptyChunk(this.leads));
    return this.all.get(name)!;
  }
  changed(): void {}
}

/** By looking at every sample: NaN is none. */
function plainly(signal: Float64Array, from: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const values = [...signal.subarray(from + i * step, from + (i + 1) * step)].filter(
      (v) => !Number.isNaN(v),
    );
    return values.length === 0
      ? [NO_SAMPLE, NO_SAMPLE]
      : [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  }).flat();
}

describe("a pyramid's levels", () => {
  it("say which of them entries of a step are made of", () => {
    assert.deepEqual(
      [1, 2, 32, 64, 128, 256, 512, 1024, 4096, 2 ** 21].map((step) => levelFor(step)),
      [undefined, undefined, undefined, 0, 0, 0, 1, 1, 2, 4],
    );
    for (const [i, step] of STEPS.entries()) if (i > 0) assert.equal(step % STEPS[i - 1]!, 0);
  });

  it("hold smallest and largest of what came, in any order, twice, across chunks, with gaps (random)", function () {
    this.timeout(60_000);
    const seed = process.env.AVNODE_SEED ?? String(Date.now());
    const random = new Random(seed);
    for (let round = 0; round < 6; round++) {
      const leads = 1 + random.int(3);
      // In a small range neighbours differ by one, in the large one they take all 24 bits.
      const range = round % 2 === 0 ? 2 ** 24 : 12;
      const length = 1 + random.int(round === 0 ? 3 * ENTRIES * STEPS[0] : 50_000);
      const signals = Array.from({ length: leads }, () => new Float64Array(length).fill(Number.NaN));
      const pieces: { at: number; samples: Int32Array[] }[] = [];
      for (let at = 0; at < length; ) {
        const count = Math.min(length - at, 1 + random.int(700));
        if (random.int(5) > 0) {
          const samples = signals.map(() =>
            Int32Array.from({ length: count }, () => random.int(range) - range / 2),
          );
          for (const [lead, values] of samples.entries()) signals[lead]!.set(values, at);
          pieces.push({ at, samples });
        }
        at += count;
      }
      const memory = new Memory(leads);
      const shuffled = pieces
        .map((piece) => ({ piece, by: random.int(2 ** 30) }))
        .sort((a, b) => a.by - b.by);
      for (const { piece } of [...shuffled, ...shuffled.slice(0, 9)])
        addSamples(memory, piece.at, piece.samples);
      for (const step of [64, 128, 256, 512, 2048, 4096, 32_768, 65_536, 2 ** 21]) {
        const from = step * random.int(Math.ceil(length / step));
        const count = Math.min(300, Math.ceil((length - from) / step) + 2);
        const wanted = [leads - 1, 0];
        const got = readEntries(memory, wanted, from, step, count);
        const expected = wanted.flatMap((lead) => plainly(signals[lead]!, from, step, count));
        assert.deepEqual([...got], expected, `seed ${seed}, round ${round}, step ${step} from ${from}`);
      }
    }
  });
});
