/** The block decoder beside its plain reference; the first byte chooses the shape that an open frame would give. */

import { fromHex } from "../../../protocol/bytes";
import { type BlockShape, blockSamples, decodeBlock } from "../../../protocol/codec/block";
import { type LeadPlan, writeBlock, writeRaw } from "../../../protocol/codec/layout";
import { decodeBlockPlainly } from "../../../protocol/codec/reference";
import { mustBeSame, type Target } from "../target";
import { type Json, listedCodes, readVectors } from "./vectors";

const vectors: Json = readVectors("block.json");
const SHAPES: BlockShape[] = [
  { leads: 1, bits: 12, nominal: 24 },
  { leads: 1, bits: 24, nominal: 20 },
  { leads: 2, bits: 16, nominal: 12 },
  { leads: 3, bits: 5, nominal: 9 },
  { leads: 1, bits: 2, nominal: 40 },
  ...vectors.blocks.map((one: Json) => one.shape),
].filter(
  (shape, index, all) => all.findIndex((one) => JSON.stringify(one) === JSON.stringify(shape)) === index,
);

/** The samples, or the refusal's code. Anything else thrown is a crash and passes through. */
function outcome(decode: typeof decodeBlock, bytes: Uint8Array, shape: BlockShape): Int32Array[] | Error {
  try {
    return decode(bytes, shape);
  } catch (error) {
    if (block.codes.test((error as { code?: string }).code ?? "")) return error as Error;
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

function equal(a: Int32Array[], b: Int32Array[]): boolean {
  return a.length === b.length && a.every((lead, l) => lead.every((value, t) => value === b[l]![t]));
}

/** The shape by the input's first byte, and the block behind it. */
function split(input: Uint8Array): { shape: BlockShape; bytes: Uint8Array } {
  return { shape: SHAPES[(input[0] ?? 0) % SHAPES.length]!, bytes: input.slice(1) };
}

const block: Target = {
  name: "block",
  seeds: () => {
    const all: Json[] = [...vectors.blocks, ...vectors.refused];
    return all.map((one) => {
      const shape = SHAPES.findIndex((known) => JSON.stringify(known) === JSON.stringify(one.shape));
      return Buffer.concat([Uint8Array.of(Math.max(0, shape)), fromHex(one.bytes)]);
    });
  },
  codes: listedCodes("BLOCK"),
  // A block may hold 2^20 samples.
  maxSteps: 1e8,
  maxBytes: 600,
  run(input) {
    const { shape, bytes } = split(input);
    const leads = decodeBlock(bytes, shape);
    const bound = 2 ** (shape.bits - 1);
    for (const lead of leads) {
      if (lead.length !== blockSamples(bytes, shape)) throw new Error("has other samples than it says");
      if (lead.some((value) => value < -bound || value >= bound)) throw new Error("decodes out of range");
    }
    const raw = (bytes[0]! & 32) !== 0;
    if (raw) mustBeSame(writeRaw(leads, shape), bytes);
    else if (shape.leads === 1) mustBeSame(writeBlock(leads, shape, [statedPlan(bytes)]), bytes);
    return true;
  },
};

const reference: Target = {
  ...block,
  name: "blockReference",
  // The reference takes a branch per code word, bit and symbol.
  maxSteps: 1e9,
  run(input) {
    const { shape, bytes } = split(input);
    const fast = outcome(decodeBlock, bytes, shape);
    const plain = outcome(decodeBlockPlainly, bytes, shape);
    if (fast instanceof Error || plain instanceof Error) {
      const [code, expected] = [fast, plain].map((one) => (one as { code?: string }).code ?? "read");
      if (code !== expected) throw new Error(`${code}, but the reference says ${expected}`);
      throw fast;
    }
    if (!equal(fast, plain)) throw new Error("decodes to other samples than the reference");
    return true;
  },
};

export const blocks: Target[] = [block, reference];
