import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NATIVE_BLOB, NATIVE_COMPILER } from "../../../firmware/native/blob";
import { type BlockShape, encodeWords } from "../../../protocol/codec/block";
import { countCode, rawBytes } from "../../../protocol/codec/bounds";
import { WORDS } from "../../../protocol/codec/codes";
import { compileNative, nativeCompiler } from "../../../tools/firmware/native";
import { Random } from "../../../tools/sim/random";
import { skipUnless } from "../../machine";

const BLOCKS = 3000;

interface Block {
  words: Int32Array[];
  shape: BlockShape;
  left: number;
  right: number;
}

const { blocks: vectors } = JSON.parse(
  readFileSync(join(__dirname, "../../../protocol/vectors/block.json"), "utf8"),
);
const vectorBlocks: Block[] = vectors.map((v: { samples: number[][]; shape: BlockShape }) => ({
  words: v.samples.map((lead) => Int32Array.from(lead)),
  shape: v.shape,
  left: 0,
  right: 0,
}));

/** Noise of any width, walks, spikes on a level, full-scale alternation, flat lines; plain or packed with a tag. */
function randomBlock(random: () => number): Block {
  const upTo = (n: number) => Math.floor(random() * n);
  const bits = upTo(4) === 0 ? 24 : 2 + upTo(23);
  const bound = 2 ** (bits - 1);
  const clip = (v: number) => Math.max(-bound, Math.min(bound - 1, Math.round(v)));
  const count = 1 + (upTo(10) === 0 ? upTo(600) : upTo(90));
  const leads = 1 + (upTo(3) === 0 ? upTo(12) : 0);
  const packed = bits <= 18 && upTo(2) === 0;
  const words: Int32Array[] = [];
  for (let l = 0; l < leads; l++) {
    const kind = upTo(5);
    const scale = 2 ** upTo(bits + 1);
    let level = clip((random() - 0.5) * 2 * bound);
    words.push(
      Int32Array.from({ length: count }, (_, t) => {
        if (kind === 0) level = (random() - 0.5) * scale;
        if (kind === 1) level = clip(level + (random() - 0.5) * (scale / 8));
        if (kind === 2) level = upTo(30) === 0 ? (random() - 0.5) * 2 * bound : upTo(4);
        if (kind === 3) level = t % 2 ? bound - 1 : -bound;
        const sample = clip(level);
        return packed ? ((sample << (32 - bits)) >>> 8) | upTo(2 ** (24 - bits)) : sample;
      }),
    );
  }
  const shape = { leads, bits, nominal: [count, count * 2, count * 4, count + 5][upTo(4)]! };
  return { words, shape, left: packed ? 8 : 0, right: packed ? 32 - bits : 0 };
}

function question({ words, shape, left, right }: Block): Buffer {
  const count = words[0]!.length;
  const code = countCode(count, shape.nominal);
  const head = [words.length, count, shape.bits, left, right, code, rawBytes(shape, count)];
  return Buffer.concat([
    Buffer.from(Int32Array.from(head).buffer),
    ...words.map((lead) => Buffer.from(lead.buffer, lead.byteOffset, lead.byteLength)),
  ]);
}

describe("the encoder in C", () => {
  it("is what its source compiles to", function () {
    const compiler = nativeCompiler();
    skipUnless(compiler !== undefined, this, "arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)");
    skipUnless(
      compiler === NATIVE_COMPILER,
      this,
      `${NATIVE_COMPILER} (Debian 12: gcc-arm-none-eabi) but ${compiler}`,
    );
    assert.equal(Buffer.from(compileNative()).toString("base64"), NATIVE_BLOB);
  });

  it("has no instruction that depends on where it stands", function () {
    skipUnless(nativeCompiler() !== undefined, this, "arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)");
    assert.doesNotThrow(compileNative);
  });

  it(`writes what encodeWords writes, for every vector and ${BLOCKS} random blocks`, function () {
    skipUnless(nativeCompiler() !== undefined, this, "arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)");
    skipUnless(spawnSync("qemu-arm", ["--version"]).status === 0, this, "qemu-arm (Debian: qemu-user)");
    const seed = process.env.AVNODE_SEED ?? String(Date.now());
    const generator = new Random(seed);
    const random = () => generator.uint32() / 2 ** 32;
    const blocks = [...vectorBlocks, ...Array.from({ length: BLOCKS }, () => randomBlock(random))];
    const folder = mkdtempSync(join(tmpdir(), "avnode-native-test-"));
    try {
      const blob = join(folder, "blob");
      const program = join(folder, "harness");
      writeFileSync(blob, Buffer.from(NATIVE_BLOB, "base64"));
      execFileSync("arm-none-eabi-gcc", [
        ...["-mcpu=cortex-a7", "-mthumb", "-O1", "-ffreestanding", "-fno-tree-loop-distribute-patterns"],
        ...["-nostdlib", "-static", `-DBLOB="${blob}"`, "-o", program, join(__dirname, "harness.c")],
      ]);
      const table = Buffer.from(WORDS.buffer);
      const run = spawnSync("qemu-arm", [program], {
        input: Buffer.concat([table, ...blocks.map(question)]),
        maxBuffer: 1 << 28,
      });
      assert.equal(run.status, 0, `seed ${seed}: ${run.signal ?? run.stderr}`);
      let at = 0;
      for (const [i, block] of blocks.entries()) {
        const length = run.stdout.readInt32LE(at);
        const found = run.stdout.subarray(at + 4, at + 4 + length);
        at += 4 + length;
        const expected = Buffer.from(encodeWords(block.words, block.shape, block.left, block.right));
        assert.ok(found.equals(expected), `seed ${seed}, block ${i} of ${JSON.stringify(block.shape)}`);
      }
      assert.equal(at, run.stdout.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
