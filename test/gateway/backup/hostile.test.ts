import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { rehearse } from "../../../gateway/backup/rehearse";
import { Store } from "../../../gateway/store/store";
import type { Handheld } from "../store/handheld";
import { BackupRig } from "./rig";

/** Who had the stick for an hour may have written anything to it. */
describe("a backup directory that somebody prepared", function () {
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

  /** As SQLite documents it: an empty journal of this database, and the name of its super-journal. */
  function journalNaming(victim: string, database: Buffer): Buffer {
    const pageSize = database.readUInt16BE(16) === 1 ? 65536 : database.readUInt16BE(16);
    const magic = Buffer.from("d9d505f920a163d7", "hex");
    const header = Buffer.alloc(512);
    magic.copy(header);
    [0, 0x1234, database.length / pageSize, 512, pageSize].forEach((value, i) => {
      header.writeUInt32BE(value, 8 + 4 * i);
    });
    const name = Buffer.from(victim);
    const trailer = Buffer.alloc(20 + name.length);
    trailer.writeUInt32BE(0x40000000 / pageSize + 1, 0);
    name.copy(trailer, 4);
    trailer.writeUInt32BE(name.length, 4 + name.length);
    trailer.writeUInt32BE(
      name.reduce((sum, byte) => sum + byte, 0),
      8 + name.length,
    );
    magic.copy(trailer, 12 + name.length);
    return Buffer.concat([header, trailer]);
  }

  it("with a journal that has SQLite delete a file of the user's is refused, and the file stays", () => {
    const victim = join(folder, "precious.txt");
    const prepare = () => {
      const dir = copy();
      const journal = journalNaming(victim, readFileSync(join(dir, "avnode.db")));
      writeFileSync(join(dir, "avnode.db-journal"), journal);
      writeFileSync(victim, "my thesis");
      return dir;
    };
    // It does what it is said to do, to whoever opens the database.
    const open = new Database(join(prepare(), "avnode.db"));
    open.pragma("user_version");
    open.close();
    assert.equal(existsSync(victim), false);
    refused(prepare(), "BACKUP_JOURNAL", /names another file.*another backup/, true);
    assert.equal(readFileSync(victim, "utf8"), "my thesis");
  });

  const LINKS = ["backup.json", "keyring.sealed", "avnode.db", "avnode.db-journal", "avnode.db-wal"];
  for (const name of [...LINKS, "avnode.db-shm", "backup.json.new", "keyring.sealed.new"])
    it(`with a link in the place of ${name} is refused, and what it leads to stays as it is`, () => {
      const dir = copy();
      const victim = join(folder, `victim-${number++}`);
      if (existsSync(join(dir, name))) cpSync(join(dir, name), victim);
      else writeFileSync(victim, "export A=1");
      const before = readFileSync(victim);
      rmSync(join(dir, name), { force: true });
      symlinkSync(victim, join(dir, name));
      refused(dir, "BACKUP_FILE", /a symbolic link.*remove it/, name === "avnode.db");
      assert.deepEqual(readFileSync(victim), before);
    });

  it("with a link that leads nowhere yet makes no file there", () => {
    const dir = join(folder, "planted");
    mkdirSync(dir);
    const elsewhere = join(folder, "elsewhere.db");
    symlinkSync(elsewhere, join(dir, "avnode.db"));
    assert.throws(() => rig.backup({ dir }), { code: "BACKUP_FILE" });
    assert.equal(existsSync(elsewhere), false);
  });

  it("with a pipe in it does not hold anybody up", () => {
    const dir = copy();
    rmSync(join(dir, "backup.json"));
    assert.equal(spawnSync("mkfifo", [join(dir, "backup.json")]).status, 0);
    assert.throws(() => rig.backup({ dir }), { code: "BACKUP_FILE", message: /no regular file/ });
  });

  it("with somebody's own files beside ours is used, and they are left alone", () => {
    const dir = copy();
    mkdirSync(join(dir, "lost+found"));
    symlinkSync(folder, join(dir, "photos"));
    assert.deepEqual(rig.backup({ dir }).problems, []);
  });

  it("gives away nothing: every file of a copy is its owner's alone, whatever was there and whatever the umask", () => {
    const umask = process.umask(0o022);
    try {
      const dir = join(folder, "modes");
      mkdirSync(dir, { mode: 0o755 });
      for (const name of ["keyring.sealed.new", "backup.json.new"]) {
        writeFileSync(join(dir, name), "");
        chmodSync(join(dir, name), 0o666);
      }
      const names = ["avnode.db", "keyring.sealed", "backup.json"];
      const modes = () => names.map((name) => (statSync(join(dir, name)).mode & 0o777).toString(8));
      let journal: number | undefined;
      rig.backup({
        dir,
        step: (step) => {
          if (step === "copied") journal = statSync(join(dir, "avnode.db-journal")).mode & 0o777;
        },
      });
      assert.deepEqual([...modes(), journal], ["600", "600", "600", 0o600]);
      chmodSync(join(dir, "avnode.db"), 0o644);
      rig.backup({ dir });
      assert.deepEqual(modes(), ["600", "600", "600"]);
    } finally {
      process.umask(umask);
    }
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
