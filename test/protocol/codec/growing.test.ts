import assert from "node:assert/strict";
import { encodeWords, GrowingBlock } from "../../../protocol/codec/block";
import { Random } from "../../../tools/sim/random";

const SEED = process.env.AVNODE_SEED ?? "growing";

/** Signals by what a block of them ends as: coded, constant, raw, or one after a beginning like another. */
const SIGNALS: Record<string, (random: Random, t: number, bits: number) => number> = {
  "small steps": (random, t) => Math.round(300 * Math.sin(t / 9)) + random.int(5) - 2,
  "a flat line": () => -7,
  "a flat line that moves at last": (_random, t) => (t < 40 ? 12 : 13 + (t % 3)),
  noise: (random, _t, bits) => random.int(2 ** bits) - 2 ** (bits - 1),
  "silence, then noise": (random, t, bits) => (t < 20 ? t : random.int(2 ** bits) - 2 ** (bits - 1)),
};

describe(`a block that grows with its words (AVNODE_SEED=${SEED})`, () => {
  for (const [name, signal] of Object.entries(SIGNALS))
    it(`is the block that is encoded at once: ${name}`, () => {
      const random = new Random(`${SEED} ${name}`);
      for (const bits of [8, 18, 24])
        for (const nominal of [3, 5, 64, 257])
          for (const leads of [1, 2]) {
            const shape = { leads, bits, nominal };
            const words = Array.from({ length: leads }, () => new Int32Array(nominal));
            const growing = new GrowingBlock(words, shape, 32 - bits, 32 - bits);
            // One block after the other in one buffer, as in a recording; the second begins after one was given up.
            for (let round = 0; round < 4; round++) {
              const block = words.map((_, lead) =>
                Int32Array.from({ length: nominal }, (_, t) => signal(random, t + lead, bits)),
              );
              let filled = 0;
              while (filled < nominal) {
                const step = Math.min(1 + random.int(20), nominal - filled);
                for (const [lead, samples] of block.entries())
                  words[lead]!.set(samples.subarray(filled, filled + step), filled);
                filled += step;
                if (random.chance(0.8)) growing.grow(filled);
              }
              if (round === 1) {
                growing.reset();
                continue;
              }
              const whole = encodeWords(block, shape, 32 - bits, 32 - bits);
              assert.deepEqual(growing.end(), whole, `${bits} bits, ${leads} of ${nominal}, round ${round}`);
            }
          }
    });
});
