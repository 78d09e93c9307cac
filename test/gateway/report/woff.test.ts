import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fontFiles, fontIn } from "../../../gateway/report/fonts";
import { unpacked } from "../../../gateway/report/woff";
import { PYTHON, skipUnlessPython } from "../../machine";

/** By fontTools: whether both files have the same tables, byte by byte, with the checksums that the directory says. */
const COMPARE = `
import sys
from fontTools.ttLib.sfnt import SFNTReader
packed, unpacked = (SFNTReader(open(name, "rb"), checkChecksums=2) for name in sys.argv[1:])
assert unpacked.flavor is None and packed.sfntVersion == unpacked.sfntVersion
assert list(packed.keys()) == list(unpacked.keys())
for tag in packed.keys():
    assert packed[tag] == unpacked[tag], tag
    assert unpacked.tables[tag].offset % 4 == 0, tag
`;

describe("a packed font", () => {
  it("unpacks to the tables that fontTools finds in it", function () {
    skipUnlessPython(this, "fontTools");
    const dir = mkdtempSync(join(tmpdir(), "avnode-woff-"));
    try {
      for (const file of [fontFiles(400)[0]!, fontFiles(700)[0]!, fontFiles(400).at(-1)!]) {
        const out = join(dir, `${file.name}.ttf`);
        writeFileSync(out, fontIn(file));
        const { status, stderr } = spawnSync(PYTHON, ["-B", "-c", COMPARE, file.path, out], {
          encoding: "utf8",
        });
        assert.equal(status, 0, stderr);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("is refused when it is something else, and never unpacks to more than it says", () => {
    assert.throws(() => unpacked(Buffer.from("OTTO, or any other")), /no WOFF/);
    const woff = Buffer.from(readFileSync(fontFiles(400)[0]!.path));
    const packed = Array.from({ length: woff.readUInt16BE(12) }, (_, n) => 44 + 20 * n).find(
      (at) => woff.readUInt32BE(at + 8) < woff.readUInt32BE(at + 12) - 1,
    )!;
    woff.writeUInt32BE(woff.readUInt32BE(packed + 12) - 1, packed + 12);
    assert.throws(() => unpacked(woff));
  });
});
