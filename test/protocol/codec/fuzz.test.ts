import { strict as assert } from "node:assert";
import { type BlockShape, decodeBlock, encodeBlock } from "../../../protocol/codec/block";
import { type LeadPlan, writeBlock, writeRaw } from "../../../protocol/codec/layout";
import { decodeBlockPlainly } from "../../../protocol/codec/reference";

const SEED = 20261123;
const INPUTS = 1_000_000;

/** Marsaglia's xorshift32: the same inputs on every run. */
function generator(seed: number): (below: number) => number {
  let x = seed | 0;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const shapes: BlockShape[] = [
  { leads: 1, bits: 12, nominal: 24 },
  { leads: 1, bits: 24, nominal: 20 },
  { leads: 2, bits: 16, nominal: 12 },
  { leads: 3, bits: 5, nominal: 9 },
  { leads: 1, bits: 2, nominal: 40 },
];

/** Either decoder's outcome: the samples, or the refusal's code. Anything else thrown is a crash and passes through. */
function outcome(decode: typeof decodeBlock, bytes: Uint8Array, shape: BlockShape): Int32Array[] | string {
  try {
    return decode(bytes, shape);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === "string" && code.startsWith("BLOCK_")) return code;
    throw error;
  }
}

/** The choices that a coded one-lead block states, so that it can be written again. */
function statedPlan(bytes: Uint8Array): LeadPlan {
  let text = "";
  for (let i = 0; i < 5; i++) text += (bytes[i] ?? 0).toString(2).padStart(8, "0");
  const at = text.startsWith("11") ? 19 : 3;
  const predictor = parseInt(text.slice(at, at + 4), 2);
  return { wa: 0, wb: 0, predictor, level: predictor === 15 ? 0 : parseInt(text.slice(at + 4, at + 8), 2) };
}

function rewritten(bytes: Uint8Array, shape: BlockShape, samples: Int32Array[]): Uint8Array {
  return bytes[0] & 32 ? writeRaw(samples, shape) : writeBlock(samples, shape, [statedPlan(bytes)]);
}

describe(`block decoder on ${INPUTS} random and mutated inputs, seed ${SEED}`, () => {
  it("refuses by code or returns samples in range that encode to the same bytes, as the reference does", function () {
    this.timeout(60000);
    const random = generator(SEED);
    const good = shapes.map((shape) =>
      Array.from({ length: 8 }, (_, i) => {
        const leads = Array.from({ length: shape.leads }, () =>
          Int32Array.from({ length: shape.nominal - (i & 3) }, () =>
            random(2 ** Math.min(shape.bits - 1, 1 + i)),
          ),
        );
        return encodeBlock(leads, shape);
      }),
    );
    let accepted = 0;
    for (let n = 0; n < INPUTS; n++) {
      const which = n % shapes.length;
      const shape = shapes[which];
      let bytes: Uint8Array;
      if (random(3) === 0) bytes = Uint8Array.from({ length: random(24) }, () => random(256));
      else {
        bytes = good[which][random(8)].slice();
        for (let flips = random(3); flips >= 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
        if (random(4) === 0) bytes = bytes.slice(0, random(bytes.length + 1));
      }
      const fast = outcome(decodeBlock, bytes, shape);
      const where = () => `input ${n}, ${Buffer.from(bytes).toString("hex")}, shape ${which}`;
      if (typeof fast !== "string" || n % 7 === 0)
        assert.deepEqual(outcome(decodeBlockPlainly, bytes, shape), fast, where());
      if (typeof fast === "string") continue;
      accepted++;
      for (const lead of fast)
        for (const v of lead)
          if (v < -(2 ** (shape.bits - 1)) || v >= 2 ** (shape.bits - 1)) assert.fail(where());
      if (shape.leads === 1)
        assert.deepEqual(Buffer.from(rewritten(bytes, shape, fast)), Buffer.from(bytes), where());
    }
    assert.ok(accepted > INPUTS / 100, `${accepted} accepted: too few to mean anything`);
  });
});
