import { strict as assert } from "node:assert";
import fc from "fast-check";
import { encodeBlockBest } from "../../../protocol/codec/best";
import { type BlockShape, blockSamples, decodeBlock, encodeBlock } from "../../../protocol/codec/block";
import { type LeadPlan, writeBlock } from "../../../protocol/codec/layout";
import { decodeBlockPlainly } from "../../../protocol/codec/reference";

type Block = { shape: BlockShape; leads: Int32Array[] };

/** Leads that are noise of any width, walks, spikes on a level, or copies of the lead before. */
function lead(kind: number, seeds: number[], bits: number, before: Int32Array | undefined): Int32Array {
  const bound = 2 ** (bits - 1);
  const clip = (v: number) => Math.max(-bound, Math.min(bound - 1, Math.round(v)));
  let walk = seeds[0] / 8;
  return Int32Array.from(seeds, (seed, t) => {
    if (kind === 0) return seed >> (24 - bits);
    walk += (seed >> 18) * 2 ** ((bits % 5) - 2);
    if (kind === 1) return clip(walk);
    if (kind === 2) return clip(seed > 7e6 ? seed : (seed & 3) - 1);
    if (kind === 3) return t % 2 ? bound - 1 : -bound;
    return before ? clip(before[t] / 2 + (seed & 1)) : 0;
  });
}

const anyBlock: fc.Arbitrary<Block> = fc
  .record({
    count: fc.integer({ min: 1, max: 90 }),
    leads: fc.integer({ min: 1, max: 5 }),
    bits: fc.integer({ min: 2, max: 24 }),
    slack: fc.constantFrom(0, 0, 1, 2, 3, 7),
  })
  .chain((s) =>
    fc
      .array(
        fc.tuple(
          fc.integer({ min: 0, max: 4 }),
          fc.array(fc.integer({ min: -8388608, max: 8388607 }), { minLength: s.count, maxLength: s.count }),
        ),
        { minLength: s.leads, maxLength: s.leads },
      )
      .map((parts) => {
        const leads: Int32Array[] = [];
        for (const [kind, seeds] of parts) leads.push(lead(kind, seeds, s.bits, leads[leads.length - 1]));
        const nominal = [s.count, s.count * 2, s.count * 4, s.count + s.slack][s.slack % 4];
        return { shape: { leads: s.leads, bits: s.bits, nominal }, leads };
      }),
  );

describe("block codec", () => {
  for (const [name, encode] of [
    ["handheld", encodeBlock],
    ["best", encodeBlockBest],
  ] as const)
    it(`loses no sample and never grows beyond raw plus 3 bytes with the ${name} encoder`, () => {
      fc.assert(
        fc.property(anyBlock, ({ shape, leads }) => {
          const bytes = encode(leads, shape);
          const count = leads[0].length;
          assert.deepEqual(decodeBlock(bytes, shape), leads);
          assert.deepEqual(decodeBlockPlainly(bytes, shape), leads);
          assert.equal(blockSamples(bytes, shape), count);
          assert.ok(bytes.length <= Math.ceil((shape.leads * count * shape.bits) / 8) + 3);
        }),
        { numRuns: 1500 },
      );
    });

  it("decodes the same into a room that holds another block's samples, and without it if that is too small", () => {
    const anyRoom = fc.record({ size: fc.integer({ min: 0, max: 450 }), stale: fc.integer() });
    fc.assert(
      fc.property(anyBlock, anyRoom, ({ shape, leads }, { size, stale }) => {
        for (const encode of [encodeBlock, encodeBlockBest]) {
          const room = new Int32Array(size).fill(stale);
          const samples = shape.leads * leads[0].length;
          const decoded = decodeBlock(encode(leads, shape), shape, room);
          assert.deepEqual(decoded, leads);
          assert.equal(decoded[0].buffer === room.buffer, samples <= size);
        }
      }),
      { numRuns: 1000 },
    );
    const flat = [new Int32Array(50).fill(-3)];
    const shape = { leads: 1, bits: 18, nominal: 50 };
    assert.deepEqual(decodeBlock(encodeBlock(flat, shape), shape, new Int32Array(60).fill(7)), flat);
  });

  it("decodes whatever predictor, level and weights an encoder chose", () => {
    const anyPlan: fc.Arbitrary<LeadPlan> = fc.record({
      wa: fc.integer({ min: -8, max: 7 }),
      wb: fc.integer({ min: -8, max: 7 }),
      predictor: fc.integer({ min: 0, max: 14 }),
      level: fc.integer({ min: 0, max: 15 }),
    });
    fc.assert(
      fc.property(anyBlock, fc.array(anyPlan, { minLength: 5, maxLength: 5 }), ({ shape, leads }, plans) => {
        plans[0].wa = plans[0].wb = plans[1].wb = 0;
        const bytes = writeBlock(leads, shape, plans);
        assert.deepEqual(decodeBlock(bytes, shape), leads);
        assert.deepEqual(decodeBlockPlainly(bytes, shape), leads);
      }),
      { numRuns: 2000 },
    );
  });

  it("holds 255 leads, and 65,535 samples of full-scale alternation at 24 bits", () => {
    const many = Array.from({ length: 255 }, (_, l) => Int32Array.from({ length: 8 }, (_, t) => l * t - 128));
    const shape = { leads: 255, bits: 24, nominal: 8 };
    assert.deepEqual(decodeBlock(encodeBlock(many, shape), shape), many);
    const long = [Int32Array.from({ length: 65535 }, (_, t) => (t % 2 ? 8388607 : -8388608))];
    const one = { leads: 1, bits: 24, nominal: 360 };
    const bytes = encodeBlock(long, one);
    assert.ok(bytes.length <= 65535 * 3 + 3);
    assert.deepEqual(decodeBlock(bytes, one), long);
  });

  it("codes a flat line in four bytes", () => {
    const shape = { leads: 1, bits: 18, nominal: 360 };
    assert.equal(encodeBlock([new Int32Array(360).fill(-1000)], shape).length, 4);
  });

  it("refuses to encode what the shape does not allow", () => {
    const shape = { leads: 1, bits: 12, nominal: 360 };
    const pair = { leads: 2, bits: 12, nominal: 360 };
    for (const encode of [encodeBlock, encodeBlockBest]) {
      assert.throws(() => encode([Int32Array.of(2048)], shape), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([Int32Array.of(-2049)], shape), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([new Int32Array(0)], shape), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([new Int32Array(65536)], shape), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([], shape), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([new Int32Array(3), new Int32Array(2)], pair), { code: "BLOCK_INPUT" });
      assert.throws(() => encode([new Int32Array(3)], { leads: 1, bits: 1, nominal: 3 }), {
        code: "BLOCK_SHAPE",
      });
      assert.throws(() => encode([new Int32Array(3)], { leads: 1, bits: 12, nominal: 0.5 }), {
        code: "BLOCK_SHAPE",
      });
      const lots = Array.from({ length: 255 }, () => new Int32Array(5000));
      assert.throws(() => encode(lots, { leads: 255, bits: 12, nominal: 5000 }), { code: "BLOCK_TOO_LARGE" });
    }
  });
});
