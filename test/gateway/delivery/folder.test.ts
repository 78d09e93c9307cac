import assert from "node:assert/strict";
import fs, {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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

  it("has the file whole, once, however often it is put there", async () => {
    for (let n = 0; n < 2; n++) await putInFolder(dir, "ecg.pdf", Buffer.from("whole"));
    assert.deepEqual(readdirSync(dir), ["ecg.pdf"]);
    assert.equal(readFileSync(join(dir, "ecg.pdf"), "utf8"), "whole");
  });

  it("is left without a half file where the disk is full, and is tried again", async () => {
    const { open } = fs.promises;
    sinon.stub(fs.promises, "open").callsFake(async (...words) => {
      const handle = await open(...words);
      handle.writeFile = async () => {
        throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      };
      return handle;
    });
    const full = { retry: true, message: /no room/ };
    await assert.rejects(putInFolder(dir, "ecg.pdf", Buffer.from("whole")), full);
    assert.deepEqual(readdirSync(dir), []);
  });

  it("that hangs holds nobody else", async () => {
    const { rename } = fs.promises;
    let goOn = () => {};
    const hangs = new Promise<void>((done) => {
      goOn = done;
    });
    const hung = sinon
      .stub(fs.promises, "rename")
      .callsFake((from, to) => hangs.then(() => rename(from, to)));
    const put = putInFolder(dir, "ecg.pdf", Buffer.from("whole"));
    while (!hung.called && !existsSync(join(dir, "ecg.pdf"))) await new Promise(setImmediate);
    assert.deepEqual(readdirSync(dir), ["ecg.pdf.part"]);
    goOn();
    await put;
    assert.deepEqual(readdirSync(dir), ["ecg.pdf"]);
  });

  it("follows no link that somebody put there", async () => {
    const precious = join(dir, "keyring.json");
    writeFileSync(precious, "keys");
    for (const name of ["ecg.pdf", "ecg.pdf.part"]) symlinkSync(precious, join(dir, name));
    await putInFolder(dir, "ecg.pdf", Buffer.from("whole"));
    assert.equal(readFileSync(precious, "utf8"), "keys");
    assert.equal(readFileSync(join(dir, "ecg.pdf"), "utf8"), "whole");
  });

  it("that is not mounted is tried again, and not made", async () => {
    await assert.rejects(putInFolder(join(dir, "stick"), "ecg.pdf", Buffer.from("x")), { retry: true });
    assert.deepEqual(readdirSync(dir), []);
  });
});
