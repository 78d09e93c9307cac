import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { saveFiles } from "../../../gateway/export/save";
import type { OutFile } from "../../../gateway/export/source";
import { tar } from "../../../gateway/export/tar";
import { scratch } from "../../e2e/rig";

const file = (name: string, ...pieces: string[]): OutFile => ({
  name,
  *pieces() {
    for (const piece of pieces) yield Buffer.from(piece);
  },
});
const failing: OutFile = {
  name: "b",
  *pieces() {
    yield Buffer.from("half");
    throw new Error("altered");
  },
};

describe("exported files", () => {
  const dir = scratch();
  const at = (one: OutFile) => ({ file: one, path: join(dir, one.name) });

  it("are there whole, or as they were before, with nothing beside them", () => {
    mkdirSync(dir, { recursive: true });
    assert.deepEqual(saveFiles([at(file("a", "one", "two"))]), [join(dir, "a")]);
    assert.equal(readFileSync(join(dir, "a"), "utf8"), "onetwo");
    assert.throws(() => saveFiles([at(file("a", "three")), at(failing)]), /altered/);
    assert.equal(readFileSync(join(dir, "a"), "utf8"), "onetwo");
    assert.deepEqual(readdirSync(dir), ["a"]);
    writeFileSync(join(dir, "b"), "old");
    saveFiles([at(file("a", "three")), at(file("b", "new"))]);
    assert.deepEqual(
      ["a", "b"].map((name) => readFileSync(join(dir, name), "utf8")),
      ["three", "new"],
    );
  });

  it("that the disk does not take are refused with what to do, and leave nothing", () => {
    const nowhere = { file: file("c", "one"), path: join(dir, "nowhere/c") };
    assert.throws(() => saveFiles([nowhere]), {
      code: "EXPORT_WRITE",
      message: /ENOENT.*export to another place$/,
    });
    // A device that is always full stands where the file is written first.
    if (!existsSync("/dev/full")) return;
    symlinkSync("/dev/full", join(dir, "d.part"));
    assert.throws(() => saveFiles([at(file("d", "one"))]), {
      code: "EXPORT_WRITE",
      message: /full: make room/,
    });
    assert.ok(!existsSync(join(dir, "d")) && !existsSync(join(dir, "d.part")));
  });

  it("are no archive where one is not as long as it was to be", () => {
    assert.throws(() => [...tar([{ ...file("a", "one"), size: 4 }], 0)], /has 3 bytes, not the 4/);
  });
});
