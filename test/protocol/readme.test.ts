import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readVectors, VECTORS } from "./vectors";

const README = readFileSync(join(VECTORS, "../README.md"), "utf8");

describe("protocol/README.md", () => {
  const example = README.split("<!-- example: begin")[1]!.split("<!-- example: end -->")[0]!;
  const recording = readVectors("recording.json").recordings[0];
  const sections = example.split(/^\*\*(?:Open|Data|Close)\*\*/m).slice(1);

  it("shows the open, the data and the close frame of the first recording", () => {
    assert.equal(sections.length, recording.frames.length);
    assert.ok(example.includes(recording.key));
    recording.frames.forEach((frame: { frame: string; chain: string }, i: number) => {
      const shown = sections[i]!.replace(/\s/g, "");
      assert.ok(shown.includes(frame.frame), `frame ${i}`);
      assert.ok(shown.includes(frame.chain), `chain ${i}`);
    });
  });

  it("shows every byte of every body with its field's name", () => {
    recording.frames.forEach((frame: { body: string }, i: number) => {
      const fields = [...sections[i]!.matchAll(/^ {4}[a-zA-Z]+ +([0-9a-f]+)(?: {2}.*)?$/gm)].map(
        (match) => match[1],
      );
      assert.equal(fields.join(""), frame.body);
    });
  });

  it("lists every code that the vectors expect", () => {
    const proofs = readVectors("proofs/index.json").cases as { code: string }[];
    for (const { code } of proofs) assert.ok(/^CBOR_/.test(code) || README.includes(code), code);
    const releases = readVectors("release.json").refused;
    for (const { decoder, code } of [...readVectors("refused.json").refused, ...releases]) {
      if (decoder === "envelope" || /^CBOR_/.test(code)) continue;
      const general = code.replace(/^.*(_(?:TRUNCATED|TRAILING|RANGE|TEXT|FLAG|FIELD))$/, "*$1");
      assert.ok(README.includes(code) || README.includes(general), code);
    }
  });
});
