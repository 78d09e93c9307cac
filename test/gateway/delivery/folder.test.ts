import assert from "node:assert/strict";
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import { putInFolder } from "../../../gateway/delivery/folder";

describe("a folder as a recipient", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-folder-"));
  });
  afterEach(() => {
    sinon.restore();
    rmSync(dir, { recursive: true });
  });

  it("has the file whole, once, however often it is put there", () => {
    for (let n = 0; n < 2; n++) putInFolder(dir, "ecg.pdf", Buffer.from("whole"));
    assert.deepEqual(readdirSync(dir), ["ecg.pdf"]);
    assert.equal(readFileSync(join(dir, "ecg.pdf"), "utf8"), "whole");
  });

  it("is left without a half file where the disk is full, and is tried again", () => {
    sinon.stub(fs, "writeSync").throws(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
    assert.throws(() => putInFolder(dir, "ecg.pdf", Buffer.from("whole")), {
      retry: true,
      message: /no room/,
    });
    assert.deepEqual(readdirSync(dir), []);
  });

  it("follows no link that somebody put there", () => {
    const precious = join(dir, "keyring.json");
    writeFileSync(precious, "keys");
    for (const name of ["ecg.pdf", "ecg.pdf.part"]) symlinkSync(precious, join(dir, name));
    putInFolder(dir, "ecg.pdf", Buffer.from("whole"));
    assert.equal(readFileSync(precious, "utf8"), "keys");
    assert.equal(readFileSync(join(dir, "ecg.pdf"), "utf8"), "whole");
  });

  it("that is not mounted is tried again, and not made", () => {
    assert.throws(() => putInFolder(join(dir, "stick"), "ecg.pdf", Buffer.from("x")), { retry: true });
    assert.deepEqual(readdirSync(dir), []);
  });
});
