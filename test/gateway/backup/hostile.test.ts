import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { rehearse } from "../../../gateway/backup/rehearse";
import { Store } from "../../../gateway/store/store";
import type { Handheld } from "../store/handheld";
import { BackupRig } from "./rig";

/** Who had the stick for an hour may have written anything to it. */
describe("a backup directory that somebody prepared", function () {
  this.timeout(120_000);
  let rig: BackupRig;
  let folder: string;
  let handheld: Handheld;
  let number = 0;

  /** A copy of the good backup, to prepare. */
  function copy(): string {
    const dir = join(folder, `copy-${number++}`);
    cpSync(rig.dir, dir, { recursive: true });
    return dir;
  }

  function sql(dir: string, statement: string): void {
    const db = new Database(join(dir, "avnode.db"));
    db.unsafeMode(true);
    db.pragma("writable_schema = ON");
    db.exec(statement);
    db.close();
  }

  /** By the next run; with `everybody` by all that opens one, a restore with --anyway too, which takes seconds. */
  function refused(dir: string, code: string, message: RegExp, everybody = false): void {
    const refusal = (error: { code: string; message: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(error.message.includes(dir), error.message);
      return true;
    };
    const before = readFileSync(join(dir, "backup.json"));
    assert.throws(() => rig.backup({ dir }), refusal);
    assert.deepEqual(readFileSync(join(dir, "backup.json")), before);
    if (!everybody) return;
    const dataDir = join(folder, `into-${number++}`);
    assert.throws(() => rig.restore({ dir, dataDir, anyway: true }), refusal);
    assert.equal(existsSync(join(dataDir, "avnode.db")), false);
    assert.throws(() => rehearse({ dir, code: rig.code! }), refusal);
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "avnode-hostile-"));
    rig = new BackupRig();
    handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(5));
    rig.backup();
    // For the runs below to have something to bring.
    rig.deliver(handheld, handheld.record(3));
  });
  after(() => {
    rig.end();
    rmSync(folder, { recursive: true });
  });

  const FORMS: Record<string, [sql: string, said: RegExp]> = {
    "a trigger that deletes frames as they come": [
      `CREATE TRIGGER t AFTER INSERT ON frames WHEN NEW.type = 2 BEGIN
       DELETE FROM frames WHERE recording = NEW.recording AND sequence = NEW.sequence; END`,
      /a strange trigger "t"/,
    ],
    "a trigger that silently keeps them out": [
      "CREATE TRIGGER t BEFORE INSERT ON frames BEGIN SELECT RAISE(IGNORE); END",
      /a strange trigger "t"/,
    ],
    "a view in the place of a table": [
      "DROP TABLE erased; CREATE VIEW erased AS SELECT key AS recording, 0 AS at, '' AS by FROM recordings",
      /a strange view "erased"/,
    ],
    "an index that keeps rows out": [
      "CREATE UNIQUE INDEX one ON frames (recording, frame)",
      /a strange index "one"/,
    ],
    "an index less": ["DROP INDEX rare_frames", /no index "rare_frames"/],
    "a table whose constraint resolves by replacing": [
      "DROP TABLE erased; CREATE TABLE erased (recording INTEGER PRIMARY KEY ON CONFLICT REPLACE, at INTEGER, by TEXT)",
      /a strange table "erased"/,
    ],
    "an earlier form that holds what came later": ["PRAGMA user_version = 1", /a strange index "leaves_of"/],
    "no form's number, but tables": ["PRAGMA user_version = 0", /a strange index/],
    "a form's number below all": ["PRAGMA user_version = -1", /a strange index/],
  };
  for (const [what, [statement, said]] of Object.entries(FORMS))
    it(`with ${what} is refused before a row of it is used`, () => {
      const dir = copy();
      sql(dir, statement);
      refused(dir, "BACKUP_SCHEMA", said, /^a trigger that deletes/.test(what));
    });

  it("is refused by the hub too when it stands as a data directory", () => {
    const dataDir = join(folder, "as-data");
    rig.restore({ dataDir });
    sql(dataDir, FORMS["a trigger that silently keeps them out"]![0]);
    assert.throws(() => Store.open({ dataDir, kind: "demo" }), {
      code: "STORE_SCHEMA",
      message: /a strange trigger "t".*Restore a backup/,
    });
  });
});
