import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { rehearse } from "../../../gateway/backup/rehearse";
import { BackupRig } from "./rig";

/** Behind the back of whoever wrote it. */
function alter(dir: string, sql: string): void {
  const db = new Database(join(dir, "avnode.db"));
  db.exec(sql);
  db.close();
}

describe("a medium that lost frames", function () {
  this.timeout(30_000);
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
  this.timeout(30_000);
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
});
