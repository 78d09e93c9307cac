/**
 * Writes protocol/vectors/block.json: `ts-node tools/codec/vectors.ts`. The samples come from the generators below; two
 * decoders that share no code with the encoder (protocol/codec/reference.ts, test/protocol/codec/decode_block.py) must
 * return them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBlockBest } from "../../protocol/codec/best";
import { type BlockShape, encodeBlock } from "../../protocol/codec/block";
import { type LeadPlan, writeBlock, writeRaw } from "../../protocol/codec/layout";

type Vector = { name: string; shape: BlockShape; samples: number[][]; bytes: string };
type Refused = { name: string; shape: BlockShape; bytes: string; code: string };

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const one = (bits: number, nominal: number): BlockShape => ({ leads: 1, bits, nominal });
const plan = (predictor: number, level = 3, wa = 0, wb = 0): LeadPlan => ({ wa, wb, predictor, level });

/** A lead of `count` samples with a narrow peak on a slow wave and a little deterministic noise. */
function beat(count: number, height: number, seed: number): Int32Array {
  let state = seed;
  return Int32Array.from({ length: count }, (_, t) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    const peak = height * Math.exp(-(((t - count / 2) / 2) ** 2));
    return Math.round(peak + height * 0.1 * Math.sin(t / 7) + (state / 2147483648) * 6 - 3);
  });
}

const vectors: Vector[] = [];
function add(name: string, shape: BlockShape, leads: Int32Array[], bytes: Uint8Array): void {
  vectors.push({ name, shape, samples: leads.map((lead) => [...lead]), bytes: hex(bytes) });
}

for (let predictor = 0; predictor < 15; predictor++) {
  const leads = [beat(60, 400, predictor + 1)];
  add(`predictor ${predictor}`, one(12, 60), leads, writeBlock(leads, one(12, 60), [plan(predictor)]));
}
const flat = [new Int32Array(60).fill(-7)];
add("predictor 15: a flat line", one(12, 60), flat, encodeBlock(flat, one(12, 60)));

for (let level = 0; level < 16; level++) {
  const leads = [beat(24, 2 ** level, level + 40)];
  const shape = one(20, 24);
  add(`starting level ${level}`, shape, leads, writeBlock(leads, shape, [plan(2, level)]));
}

const wide = [
  Int32Array.from({ length: 64 }, (_, t) => (t % 16 === 15 ? 900000 : t % 8 === 7 ? 3000 * t : (t * t) % 11)),
];
add(
  "every range of residuals, and the escape",
  one(24, 64),
  wide,
  writeBlock(wide, one(24, 64), [plan(1, 0)]),
);
const steps = [Int32Array.from({ length: 40 }, (_, t) => (t === 20 ? 8388607 : t === 30 ? -8388608 : 0))];
add("full-scale steps of 24 bits, escaped", one(24, 40), steps, writeBlock(steps, one(24, 40), [plan(1, 0)]));
const ramp = [
  Int32Array.from({ length: 40 }, (_, t) => [0, 6291456, -6291456][t % 3 === 0 && t > 30 ? 1 : 0] + (t % 5)),
];
add("a prediction that wraps modulo 2^32", one(24, 40), ramp, writeBlock(ramp, one(24, 40), [plan(3, 2)]));
const wild = [Int32Array.from({ length: 30 }, (_, t) => (t % 2 === 0 ? 8388607 : -8388608))];
add("raw: alternating full scale, 24 bits", one(24, 30), wild, encodeBlock(wild, one(24, 30)));
const tiny = [Int32Array.from([-2, 1, 1, -2, 0])];
add("raw: 2 bits, explicit count", one(2, 9), tiny, writeRaw(tiny, one(2, 9)));

for (const [name, count] of [
  ["half", 31],
  ["quarter", 16],
  ["explicit", 17],
] as const) {
  const leads = [beat(count, 300, count)];
  add(`count: ${name} of 61`, one(12, 61), leads, encodeBlock(leads, one(12, 61)));
}
const single = [Int32Array.from([-3])];
add("one sample", one(11, 1), single, encodeBlock(single, one(11, 1)));

const limbs = [beat(50, 500, 5), beat(50, 800, 6)];
limbs.push(limbs[1].map((v, t) => v - limbs[0][t]));
limbs.push(limbs[0].map((v, t) => -((v + limbs[1][t]) >> 1)));
const four: BlockShape = { leads: 4, bits: 16, nominal: 50 };
add("four leads, best encoder", four, limbs, encodeBlockBest(limbs, four));
add("four leads, handheld encoder", four, limbs, encodeBlock(limbs, four));
const weights = [plan(4), plan(5, 3, 2), plan(6, 3, -8, 7), plan(15, 0, 4, -4)];
weights[3] = plan(7, 4, 0, -3);
add("four leads, references of both signs", four, limbs, writeBlock(limbs, four, weights));
const pair = [limbs[0], limbs[0].map((v) => v + 5)];
const two: BlockShape = { leads: 2, bits: 16, nominal: 50 };
add("a lead parallel to its reference", two, pair, writeBlock(pair, two, [plan(2), plan(15, 0, 4)]));

/** The bits of a block from a string of 0, 1 and spaces, filled with zeros to whole bytes. */
function fromBits(text: string): string {
  const bits = text.replace(/ /g, "");
  return bits
    .padEnd(Math.ceil(bits.length / 8) * 8, "0")
    .replace(/.{8}/g, (byte) => parseInt(byte, 2).toString(16).padStart(2, "0"));
}

const good = vectors.find((v) => v.name === "predictor 2") as Vector;
const flatLine = vectors.find((v) => v.name === "predictor 15: a flat line") as Vector;
const escape28 = (u: number) => "111111111111" + u.toString(2).padStart(28, "0");
const refused: Refused[] = [
  { name: "no bytes", shape: one(12, 60), bytes: "", code: "BLOCK_TRUNCATED" },
  { name: "ends inside the explicit count", shape: one(12, 60), bytes: "c000", code: "BLOCK_TRUNCATED" },
  { name: "ends inside a lead", shape: good.shape, bytes: good.bytes.slice(0, -2), code: "BLOCK_TRUNCATED" },
  { name: "a zero byte follows", shape: good.shape, bytes: `${good.bytes}00`, code: "BLOCK_TRAILING" },
  {
    name: "last padding bit set",
    shape: flatLine.shape,
    bytes: flatLine.bytes.slice(0, -1) + (parseInt(flatLine.bytes.slice(-1), 16) | 1).toString(16),
    code: "BLOCK_PADDING",
  },
  {
    name: "explicit count of none",
    shape: one(12, 60),
    bytes: fromBits(`110 ${"0".repeat(16)} 00000`),
    code: "BLOCK_COUNT",
  },
  {
    name: "explicit count of the nominal",
    shape: one(12, 60),
    bytes: fromBits(`110 ${"111100".padStart(16, "0")}`),
    code: "BLOCK_COUNT",
  },
  {
    name: "explicit count of the half",
    shape: one(12, 60),
    bytes: fromBits(`110 ${"11110".padStart(16, "0")}`),
    code: "BLOCK_COUNT",
  },
  { name: "half that is the nominal", shape: one(12, 1), bytes: "60000000", code: "BLOCK_COUNT" },
  { name: "quarter that is the half", shape: one(12, 2), bytes: "a00000", code: "BLOCK_COUNT" },
  {
    name: "more samples than a block may hold",
    shape: { leads: 255, bits: 12, nominal: 65535 },
    bytes: "00",
    code: "BLOCK_TOO_LARGE",
  },
  {
    name: "raw, short of a byte",
    shape: one(12, 4),
    bytes: "20000000000000".slice(0, 12),
    code: "BLOCK_TRUNCATED",
  },
  { name: "raw, a byte too long", shape: one(12, 4), bytes: "2000000000000000", code: "BLOCK_TRAILING" },
  { name: "raw, header padding set", shape: one(12, 4), bytes: "21000000000000", code: "BLOCK_PADDING" },
  { name: "raw, last padding set", shape: one(12, 3), bytes: "200000000001", code: "BLOCK_PADDING" },
  { name: "coded, as long as raw", shape: one(12, 4), bytes: "00000000000000", code: "BLOCK_OVERLONG" },
  {
    name: "reference with weight 0",
    shape: { leads: 2, bits: 12, nominal: 60 },
    bytes: fromBits(`000 1111 ${"0".repeat(12)} 1 0000 1111 ${"0".repeat(12)}`),
    code: "BLOCK_REFERENCE",
  },
  {
    name: "reference with both weights 0",
    shape: { leads: 3, bits: 12, nominal: 60 },
    bytes: fromBits(`000 1111 ${"0".repeat(12)} 0 1111 ${"0".repeat(12)} 1 0000 0000 1111 ${"0".repeat(12)}`),
    code: "BLOCK_REFERENCE",
  },
  {
    // Level 2 starts with s = 3, context 3, whose word for symbol 31 is its last: twelve ones.
    name: "escaped residual that a symbol has",
    shape: one(12, 5),
    bytes: fromBits(`000 0001 0010 ${"0".repeat(12)} ${escape28(1039)}`).slice(0, 16),
    code: "BLOCK_ESCAPE",
  },
  {
    // Context 3 writes u = 2 as 10 and u = 1 as 110: one step beyond either end of 12 bits.
    name: "sample one above the bits",
    shape: one(12, 60),
    bytes: fromBits(`000 0000 0010 0${"1".repeat(11)} 10 ${"0".repeat(200)}`),
    code: "BLOCK_RANGE",
  },
  {
    name: "sample one below the bits",
    shape: one(12, 60),
    bytes: fromBits(`000 0000 0010 1${"0".repeat(11)} 110 ${"0".repeat(200)}`),
    code: "BLOCK_RANGE",
  },
  {
    name: "escaped sample far above the bits",
    shape: one(12, 60),
    bytes: fromBits(`000 0001 0010 ${"0".repeat(12)} ${escape28(4096)} ${"0".repeat(600)}`),
    code: "BLOCK_RANGE",
  },
  { name: "25 bits", shape: one(25, 60), bytes: "00", code: "BLOCK_SHAPE" },
  { name: "no leads", shape: { leads: 0, bits: 12, nominal: 60 }, bytes: "00", code: "BLOCK_SHAPE" },
];

const text = (items: object[]) => items.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
writeFileSync(
  join(__dirname, "../../protocol/vectors/block.json"),
  `{\n  "blocks": [\n${text(vectors)}\n  ],\n  "refused": [\n${text(refused)}\n  ]\n}\n`,
);
