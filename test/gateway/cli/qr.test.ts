import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeFromPhoto } from "../../../gateway/claim/photo";
import { qrLines } from "../../../gateway/cli/qr";
import { encodeClaimCode } from "../../../protocol/claim";
import { encodePng } from "../claim/png";

const MODULE = 6;

describe("a QR code on the terminal", () => {
  it("is read by a camera: dark on light, with a margin, as many modules wide as high", async () => {
    const code = Uint8Array.from({ length: 16 }, (_, i) => 16 * i + 5);
    const lines = await qrLines(`AVNODE:${encodeClaimCode(code).replace(/ /g, "").toUpperCase()}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the terminal's own
    const texts = lines.map((line) => /^\x1b\[30;107m(.*)\x1b\[0m$/.exec(line)![1]!);
    const rows = texts.flatMap((text) => [
      [...text].map((c) => c === "█" || c === "▀"),
      [...text].map((c) => c === "█" || c === "▄"),
    ]);
    const [width, height] = [rows[0]!.length * MODULE, rows.length * MODULE];
    assert.ok(rows.every((row) => row.length === rows[0]!.length));
    const pixels = new Uint8Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        pixels[y * width + x] = rows[Math.floor(y / MODULE)]![Math.floor(x / MODULE)] ? 0 : 255;
    const dir = mkdtempSync(join(tmpdir(), "avnode-qr-"));
    try {
      writeFileSync(join(dir, "terminal.png"), encodePng({ width, height, pixels }));
      assert.deepEqual(Buffer.from(await codeFromPhoto(join(dir, "terminal.png"))), Buffer.from(code));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
