import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { decodeRecoveryCode, encodeRecoveryCode } from "../../../gateway/backup/code";
import { readInfo } from "../../../gateway/backup/info";
import { rehearse } from "../../../gateway/backup/rehearse";
import { statusOf } from "../../../gateway/backup/status";
import { TABLES } from "../../../gateway/backup/tables";
import { Store } from "../../../gateway/store/store";
import { decodeClaimCode } from "../../../protocol/claim";
import { BackupRig } from "./rig";

const code = (name: string) => (error: { code?: string; message: string }) => {
  assert.equal(error.code, name, error.message);
  return true;
};

/** Every row of every table that a backup holds, as text. */
function content(dir: string): string[] {
  const db = new Database(join(dir, "avnode.db"), { readonly: true });
  const rows = TABLES.flatMap(({ name, key }) =>
    db
      .prepare(`SELECT * FROM ${name} ORDER BY ${key.join()}`)
      .raw()
      .all()
      .map((row) => `${name} ${JSON.stringify(row)}`),
  );
  db.close();
  return rows;
}

describe("a backup", function () {
  let rig: BackupRig;

  beforeEach(() => {
    rig = new BackupRig();
  });
  afterEach(() => rig.end());

  it("holds every row of the store, beside the store that runs", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(5));
    const running = handheld.begin();
    for (let i = 0; i < 3; i++) handheld.data(running);
    rig.deliver(handheld, running);
    const result = rig.backup();
    assert.deepEqual([result.recordings, result.frames], [2, 7 + 4]);
    assert.deepEqual(result.problems, []);
    assert.deepEqual(content(rig.dir), content(rig.dataDir));
    assert.deepEqual(readdirSync(rig.dir).sort(), ["avnode.db", "backup.json", "keyring.sealed"]);
    assert.equal(readInfo(rig.dir)!.frames, 11);
  });

  it("copies only what changed, the second time, and nothing the third", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(50));
    const running = handheld.begin();
    handheld.data(running);
    rig.deliver(handheld, running);
    rig.backup();
    handheld.data(running);
    rig.deliver(handheld, running, [2]);
    const second = rig.backup();
    assert.deepEqual([second.recordings, second.frames], [1, 1]);
    const third = rig.backup();
    assert.deepEqual([third.recordings, third.frames], [0, 0]);
    assert.deepEqual(content(rig.dir), content(rig.dataDir));
  });

  it("copies frames that came late into a hole, or into a range that was declared lost", () => {
    const handheld = rig.claimed();
    const made = handheld.record(6);
    rig.deliver(handheld, made, [0, 1, 3, 6]);
    rig.backup();
    rig.deliver(handheld, made, [2, 4, 5, 7]);
    assert.equal(rig.backup().frames, 4);
    assert.deepEqual(content(rig.dir), content(rig.dataDir));
  });

  it("shows no key: not the keyring's, not the recovery key", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.backup();
    const keys = Object.entries(JSON.parse(readFileSync(join(rig.dataDir, "keyring.json"), "utf8")));
    assert.ok(keys.some(([name]) => name === "backupKey"));
    const everything = readdirSync(rig.dir).map((name) => readFileSync(join(rig.dir, name)));
    for (const [name, hex] of keys as [string, string][]) {
      if (["storeId", "generation", "backupSalt"].includes(name)) continue;
      for (const file of everything) {
        assert.equal(file.includes(Buffer.from(hex, "hex")), false, name);
        assert.equal(file.toString("latin1").includes(hex), false, name);
      }
    }
  });

  it("comes back on trial, and says how long it took", () => {
    const handheld = rig.claimed();
    for (let i = 0; i < 3; i++) rig.deliver(handheld, handheld.record(2));
    rig.backup();
    const { recordings, frames, opened, problems, seconds } = rehearse({
      dir: rig.dir,
      code: rig.code!,
      beside: rig.folder,
    });
    assert.deepEqual([recordings, frames, opened, problems], [3, 12, 3, []]);
    assert.ok(seconds > 0);
    assert.deepEqual(readdirSync(rig.folder), ["backup"]);
  });

  it("is refused into the data directory, into another store's backup, and where no medium is", () => {
    rig.backup();
    assert.throws(() => rig.backup({ dir: rig.dataDir }), code("BACKUP_IS_DATA"));
    assert.throws(() => rig.backup({ dir: join(rig.folder, "stick/backup") }), code("BACKUP_PLACE"));
    const dataDir = join(rig.folder, "other");
    Store.open({ dataDir, kind: "demo" }).close();
    const before = readFileSync(join(rig.dir, "avnode.db"));
    assert.throws(() => rig.backup({ dataDir }), code("BACKUP_OTHER"));
    assert.ok(before.equals(readFileSync(join(rig.dir, "avnode.db"))));
  });

  it("is refused without a recovery code when nobody is there to note it down", () => {
    mkdirSync(rig.dir);
    assert.throws(() => rig.backup({ onCode: undefined }), code("BACKUP_NO_CODE"));
  });

  it("never gives up what a store that lost it does not have any more", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    rig.store.close();
    const old = join(rig.folder, "old");
    cpSync(rig.dataDir, old, { recursive: true });
    rig.open();
    rig.hello(handheld);
    rig.deliver(handheld, handheld.record(2));
    rig.backup();
    const before = content(rig.dir);
    // The same store as it was earlier, as an image of its disk would bring it back.
    const keys = readFileSync(join(rig.dataDir, "keyring.json"));
    writeFileSync(join(old, "keyring.json"), keys);
    assert.throws(() => rig.backup({ dataDir: old }), code("BACKUP_AHEAD"));
    assert.deepEqual(content(rig.dir), before);
  });

  it("tells what was altered in the store from what the medium altered", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.backup();
    rig.sql("UPDATE frames SET frame = zeroblob(60) WHERE sequence = 2");
    const made = handheld.record(1);
    rig.deliver(handheld, made);
    // The good frame in the backup stays: only frames that are not there are copied.
    assert.deepEqual(rig.backup({ full: true }).problems, []);
    rig.sql("UPDATE frames SET frame = zeroblob(60) WHERE recording = 2 AND sequence = 1");
    rmSync(rig.dir, { recursive: true });
    const fresh = rig.backup();
    assert.ok(
      fresh.problems.some((problem) => /frame 1 was altered/.test(problem)),
      fresh.problems.join("\n"),
    );
    const db = new Database(join(rig.dir, "avnode.db"));
    db.exec("UPDATE frames SET frame = zeroblob(60) WHERE sequence = 3");
    db.close();
    assert.throws(() => rig.backup({ full: true }), code("BACKUP_VERIFY"));
  });

  it("is noted with its age, its failures, and what to do", () => {
    rig.claimed();
    rig.backup();
    const day = 24 * 3600_000;
    const [copy] = statusOf(rig.dataDir, Date.now()).copies;
    assert.deepEqual([copy!.place, copy!.ok, copy!.late], [rig.dir, true, false]);
    assert.equal(statusOf(rig.dataDir, Date.now() + 8 * day).copies[0]!.late, true);
    rmSync(rig.dir, { recursive: true });
    writeFileSync(rig.dir, "not a directory");
    assert.throws(() => rig.backup());
    const report = statusOf(rig.dataDir, Date.now());
    assert.equal(report.copies[0]!.ok, false);
    assert.ok(report.advice.some((text) => text.includes(rig.dir)));
    assert.equal(report.running, true);
  });
});

describe("a recovery code", () => {
  it("is told from a claim code by its prefix, and read as people type it", () => {
    const bytes = createHash("sha256").update("a code").digest().subarray(0, 16);
    const text = encodeRecoveryCode(bytes);
    assert.match(text, /^avr1( [02-9ac-hj-np-z]{4}){8}$/);
    assert.deepEqual(Buffer.from(decodeRecoveryCode(text.toUpperCase().replaceAll(" ", "-"))), bytes);
    assert.throws(() => decodeClaimCode(text), code("CLAIM_CODE_LENGTH"));
    const wrong = text.replace(/.$/, (last) => (last === "q" ? "p" : "q"));
    assert.throws(() => decodeRecoveryCode(wrong), code("RECOVERY_CODE_CHECKSUM"));
  });
});
