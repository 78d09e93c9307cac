import { strict as assert } from "node:assert";
import { basename } from "node:path";
import { encodeBlockBest } from "../../../protocol/codec/best";
import { decodeBlock, encodeBlock } from "../../../protocol/codec/block";
import { ecgFiles, skipUnlessEcg } from "../../machine";
import { cut, readFormat212 } from "./records";

describe("block codec on the MIT-BIH records", () => {
  const files = ecgFiles("mitdb", ".dat");

  it("returns every sample of every record, from the handheld's encoder, at 12 bits and two leads", function () {
    skipUnlessEcg(this, "mitdb");
    const shape = { leads: 2, bits: 12, nominal: 360 };
    for (const file of files)
      for (const [i, leads] of cut(readFormat212(file), shape.nominal).entries())
        assert.deepEqual(
          decodeBlock(encodeBlock(leads, shape), shape),
          leads,
          `${basename(file)} block ${i}`,
        );
  });

  it("meets 4.10 bits a sample with the best encoder and 4.25 with the handheld's on one signal", function () {
    skipUnlessEcg(this, "mitdb");
    const shape = { leads: 1, bits: 12, nominal: 360 };
    let best = 0;
    let cheap = 0;
    let samples = 0;
    for (const file of files) {
      const blocks = cut([readFormat212(file)[0]], shape.nominal);
      for (let i = 0; i < blocks.length; i += 10) {
        const bytes = encodeBlockBest(blocks[i], shape);
        assert.deepEqual(decodeBlock(bytes, shape), blocks[i], `${basename(file)} block ${i}`);
        best += bytes.length * 8;
        cheap += encodeBlock(blocks[i], shape).length * 8;
        samples += blocks[i][0].length;
      }
    }
    assert.ok(best / samples <= 4.1, `best ${best / samples} bits a sample`);
    assert.ok(cheap / samples <= 4.25, `handheld ${cheap / samples} bits a sample`);
  });
});
