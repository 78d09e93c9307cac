import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { rehearse } from "../../../gateway/backup/rehearse";
import { statusOf } from "../../../gateway/backup/status";
import { BackupRig } from "./rig";

/** Behind the back of whoever wrote it. */
function alter(dir: string, sql: string): void {
  const db = new Database(join(dir, "avnode.db"));
  db.exec(sql);
  db.close();
}

describe("a medium that lost frames", function () {
  let rig: BackupRig;

  beforeEach(() => {
    rig = new BackupRig();
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(300));
    rig.deliver(handheld, handheld.record(3));
    rig.backup();
  });
  afterEach(() => rig.end());

  it("gets them again at the next run, although no row of the store changed", () => {
    alter(
      rig.dir,
      "DELETE FROM frames WHERE recording = 1 AND (sequence BETWEEN 10 AND 250 OR sequence = 7)",
    );
    alter(rig.dir, "DELETE FROM frames WHERE recording = 2");
    const { recordings, frames, problems } = rig.backup();
    assert.deepEqual([recordings, frames, problems], [2, 242 + 5, []]);
    assert.deepEqual(rehearse({ dir: rig.dir, code: rig.code! }).problems, []);
    assert.equal(rig.backup().frames, 0);
  });

  it("says so when it is rehearsed, and restored", () => {
    alter(rig.dir, "DELETE FROM frames WHERE recording = 1 AND sequence BETWEEN 10 AND 250");
    const { problems } = rehearse({ dir: rig.dir, code: rig.code! });
    assert.ok(
      problems.some((problem) => /frames 10 to 250 are missing/.test(problem)),
      problems.join(),
    );
    assert.deepEqual(rig.restore().problems, problems);
  });

  it("that loses them again while it is verified is refused", () => {
    const step = (name: string) => {
      if (name === "told") alter(rig.dir, "DELETE FROM frames WHERE sequence BETWEEN 10 AND 250");
    };
    assert.throws(() => rig.backup({ full: true, step }), { code: "BACKUP_VERIFY" });
  });

  it("is told from a store that lost them: the backup keeps its own, and each run says so", () => {
    rig.sql("DELETE FROM frames WHERE recording = 1 AND sequence BETWEEN 10 AND 250");
    for (const full of [false, true]) {
      const { problems } = rig.backup({ full });
      assert.match(problems.join(), /the store counts 302 frames and has 61, the backup had 302/);
    }
    assert.deepEqual(rehearse({ dir: rig.dir, code: rig.code! }).problems, []);
  });

  it("is no cause for alarm where frames are yet to come", () => {
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(6), [0, 1, 3, 7]);
    assert.deepEqual(rig.backup({ full: true }).problems, []);
  });
});

describe("two that back up into one directory", function () {
  let rig: BackupRig;

  beforeEach(() => {
    rig = new BackupRig();
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(3));
    rig.backup();
  });
  afterEach(() => rig.end());

  it("the hub that was given up is refused, and nothing of the medium changes", () => {
    const dataDir = join(rig.folder, "promoted");
    rig.restore({ dataDir });
    rig.backup({ dataDir });
    const files = () => readdirSync(rig.dir).map((name) => readFileSync(join(rig.dir, name), "base64"));
    const before = files();
    assert.throws(() => rig.backup(), { code: "BACKUP_AHEAD" });
    assert.deepEqual(files(), before);
    assert.deepEqual(rig.restore({ dataDir: join(rig.folder, "again") }).problems, []);
  });

  it("the second of two runs at one time is told of the first, and the first goes through", () => {
    let inner: unknown;
    const step = (name: string) => {
      if (name !== "compared") return;
      try {
        rig.backup();
      } catch (error) {
        inner = error;
      }
    };
    assert.deepEqual(rig.backup({ step }).problems, []);
    assert.equal((inner as { code: string }).code, "BACKUP_BUSY");
  });

  it("a run by schedule begins nothing on an empty mount point", () => {
    const dir = join(rig.folder, "mount");
    mkdirSync(dir);
    assert.throws(() => rig.backup({ dir, everyHours: 24 }), { code: "BACKUP_PLACE" });
    assert.deepEqual(readdirSync(dir), []);
  });

  it("a row that was altered in the store never replaces the good one, and status stays red until all is well", () => {
    const copies = () => statusOf(rig.dataDir).copies[0]!.ok;
    const db = new Database(join(rig.dataDir, "avnode.db"));
    const row = db.prepare("SELECT mk, mac FROM recordings").get() as { mk: Buffer; mac: Buffer };
    db.exec("UPDATE recordings SET mk = randomblob(length(mk)), mac = randomblob(length(mac))");
    for (let i = 0; i < 2; i++) {
      assert.match(rig.backup().problems.join(), /row \[1\] of recordings was altered; the backup keeps/);
      assert.equal(copies(), false);
    }
    assert.deepEqual(rig.restore().problems, []);
    db.prepare("UPDATE recordings SET mk = @mk, mac = @mac").run(row);
    db.close();
    assert.equal(rig.backup().verified.frames, 5);
    assert.equal(copies(), true);
  });
});
