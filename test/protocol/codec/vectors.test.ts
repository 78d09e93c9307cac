import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blockSamples, decodeBlock } from "../../../protocol/codec/block";
import { decodeBlockPlainly } from "../../../protocol/codec/reference";
import { PYTHON, skipUnless } from "../../machine";

const folder = join(__dirname, "../../../protocol");
const text = readFileSync(join(folder, "vectors/block.json"), "utf8");
const { blocks, refused } = JSON.parse(text);

describe("block vectors", () => {
  for (const v of blocks)
    it(`decode: ${v.name}`, () => {
      const bytes = Buffer.from(v.bytes, "hex");
      const expected = v.samples.map((lead: number[]) => Int32Array.from(lead));
      assert.deepEqual(decodeBlockPlainly(bytes, v.shape), expected, "reference decoder");
      assert.deepEqual(decodeBlock(bytes, v.shape), expected, "fast decoder");
      assert.equal(blockSamples(bytes, v.shape), v.samples[0].length);
    });

  for (const v of refused)
    it(`refuse: ${v.name}`, () => {
      const bytes = Buffer.from(v.bytes, "hex");
      assert.throws(() => decodeBlock(bytes, v.shape), { code: v.code });
      if (v.code !== "BLOCK_SHAPE") assert.throws(() => decodeBlockPlainly(bytes, v.shape), { code: v.code });
    });

  it("read the same in a Python program that takes its tables from the specification's text", function () {
    skipUnless(existsSync(PYTHON), this, `${PYTHON} (Debian: python3)`);
    const run = spawnSync(PYTHON, [join(__dirname, "decode_block.py"), join(folder, "codec/README.md")], {
      input: text,
    });
    assert.equal(run.status, 0, String(run.stderr));
    assert.equal(String(run.stdout).trim(), `${blocks.length} decoded, ${refused.length} refused`);
  });

  it("cover every predictor, level, count code and both raw flags", () => {
    const heads = blocks
      .filter((v: { shape: { leads: number } }) => v.shape.leads === 1)
      .map((v: { bytes: string }) =>
        BigInt(`0x${v.bytes.slice(0, 8).padEnd(8, "0")}`)
          .toString(2)
          .padStart(32, "0"),
      );
    const coded = heads.filter((h: string) => h[2] === "0" && h.slice(0, 2) !== "11");
    assert.equal(new Set(coded.map((h: string) => h.slice(3, 7))).size, 16, "predictors");
    assert.equal(
      new Set(coded.filter((h: string) => h.slice(3, 7) !== "1111").map((h: string) => h.slice(7, 11))).size,
      16,
    );
    assert.equal(new Set(heads.map((h: string) => h.slice(0, 2))).size, 4, "count codes");
    assert.equal(new Set(heads.map((h: string) => h[2])).size, 2, "raw flags");
  });
});
