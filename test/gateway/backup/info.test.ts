import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackupInfo, infoPath, readInfo, writeInfo } from "../../../gateway/backup/info";

const INFO: BackupInfo = {
  type: "avnode/backup",
  v: 1,
  storeId: "0123456789abcdef",
  generation: "fedcba9876543210",
  kind: "home",
  at: 1_767_225_600_000,
  verifiedAt: null,
  fullyVerifiedAt: 1_767_225_600_000,
  recordings: 3,
  frames: 90,
};

describe("what a backup says of itself", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "avnode-info-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is read as it was written", () => {
    assert.equal(readInfo(dir), undefined);
    writeInfo(dir, INFO);
    assert.deepEqual(readInfo(dir), INFO);
  });

  const damages: [string, object][] = [
    ["no store", { storeId: undefined }],
    ["a store that is a number", { storeId: 5 }],
    ["a generation cut short", { generation: "fedc" }],
    ["a time beyond all dates", { at: 1e300 }],
    ["a time that is text", { verifiedAt: "yesterday" }],
    ["a list in place of a count", { frames: [] }],
  ];
  for (const [name, damage] of damages)
    it(`is damaged when it has ${name}`, () => {
      writeFileSync(infoPath(dir), JSON.stringify({ ...INFO, ...damage }));
      assert.throws(() => readInfo(dir), { code: "BACKUP_INFO", message: /is damaged: / });
    });

  it("is of another kind when it says so", () => {
    for (const other of [null, [], { ...INFO, v: 2 }, { ...INFO, type: "other" }]) {
      writeFileSync(infoPath(dir), JSON.stringify(other));
      assert.throws(() => readInfo(dir), { code: "BACKUP_KIND" });
    }
  });
});
