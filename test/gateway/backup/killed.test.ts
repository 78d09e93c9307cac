import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { requireInfo } from "../../../gateway/backup/info";
import { Replica } from "../../../gateway/backup/replica";
import { Keyring } from "../../../gateway/store/keyring";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { verifyStore } from "../../../gateway/store/verify";
import { Releases } from "../../../gateway/update/releases";
import { Maker } from "../../firmware/maker";
import { releaseFile } from "../update/files";
import { BackupRig } from "./rig";

const ROOT = join(__dirname, "../../..");

/** Built once: a process per step is started. */
function buildVictim(folder: string): (...words: string[]) => boolean {
  const outfile = join(folder, "victim.js");
  buildSync({
    entryPoints: [join(__dirname, "victim.ts")],
    outfile,
    bundle: true,
    platform: "node",
    packages: "external",
  });
  /** @returns whether it was killed */
  return (...words) => {
    const env = { ...process.env, NODE_PATH: join(ROOT, "node_modules") };
    const { signal, status, stderr } = spawnSync(process.execPath, [outfile, ...words], {
      env,
      encoding: "utf8",
    });
    assert.ok(signal === "SIGKILL" || status === 0, stderr);
    return signal === "SIGKILL";
  };
}

describe("killed without notice", function () {
  const folder = mkdtempSync(join(tmpdir(), "avnode-killed-"));
  let rig: BackupRig;
  let victim: (...words: string[]) => boolean;
  let release: string;
  let attempt = 0;

  /** What a return would bring, by recording; made where a journal must be rolled back, else read in place. */
  function returned(dir: string): string[] {
    requireInfo(dir);
    if (!existsSync(join(dir, "avnode.db-journal"))) {
      const db = Replica.openToRead(dir);
      try {
        assert.equal(verifyStore(db, Keyring.load(rig.dataDir)).ok, true);
        return db
          .prepare("SELECT number || ': ' || held FROM recordings ORDER BY key")
          .pluck()
          .all() as string[];
      } finally {
        db.close();
      }
    }
    const dataDir = join(folder, `returned-${attempt++}`);
    rig.restore({ dir, dataDir });
    const reader = StoreReader.open(dataDir);
    try {
      assert.equal(reader.verify().ok, true);
      return reader.recordings().map(({ recording, frames }) => `${recording}: ${frames}`);
    } finally {
      reader.close();
      rmSync(dataDir, { recursive: true });
    }
  }

  before(() => {
    victim = buildVictim(folder);
    rig = new BackupRig();
    const handheld = rig.claimed();
    rig.deliver(handheld, handheld.record(2));
    const made = new Maker("killed").release(new Uint8Array(900), { board: "simulated" });
    release = new Releases(rig.dataDir).add(releaseFile(made), () => true).id;
    rig.backup();
    cpSync(rig.dir, join(folder, "first"), { recursive: true });
    rig.deliver(handheld, handheld.record(1100));
  });
  after(() => {
    rig.end();
    rmSync(folder, { recursive: true });
  });

  it("at any step of a later run, the backup is the one before or the new one", () => {
    const seen = new Set<string>();
    let steps = 0;
    for (let step = 1; ; step++) {
      const dir = join(folder, `dir-${step}`);
      cpSync(join(folder, "first"), dir, { recursive: true });
      if (!victim("backup", rig.dataDir, dir, String(step))) break;
      steps = step;
      seen.add(returned(dir).join());
      // And nobody lends a hand.
      assert.equal(victim("backup", rig.dataDir, dir, "0"), false);
      assert.equal(returned(dir).join(), "1: 4,2: 1102");
      rmSync(dir, { recursive: true });
    }
    assert.ok(steps >= 9, `${steps} steps`);
    assert.deepEqual([...seen], ["1: 4", "1: 4,2: 1102"]);
  });

  it("at any step of a restored hub's first run on the old medium, a return from it goes through", () => {
    const promoted = join(folder, "promoted");
    rig.restore({ dir: join(folder, "first"), dataDir: promoted });
    const generations = new Set<string>();
    for (let step = 1; ; step++) {
      const dir = join(folder, `old-${step}`);
      cpSync(join(folder, "first"), dir, { recursive: true });
      const killed = victim("backup", promoted, dir, String(step));
      const dataDir = join(folder, `again-${step}`);
      const { generationBefore, problems } = rig.restore({ dir, dataDir });
      assert.deepEqual(problems, []);
      generations.add(generationBefore);
      // Whoever goes on, the medium ends with one keyring, the database's own.
      const next = generationBefore === Keyring.load(rig.dataDir).generation.toString("hex");
      victim("backup", next ? rig.dataDir : promoted, dir, "0");
      assert.deepEqual(readdirSync(dir).sort(), ["avnode.db", "backup.json", "keyring.sealed", "releases"]);
      rmSync(dir, { recursive: true });
      if (!killed) break;
    }
    assert.equal(generations.size, 2);
  });

  it("at any step of the first run, what is there says that it is no whole backup, or is one", () => {
    const seen = new Set<string>();
    for (let step = 1; ; step++) {
      const dir = join(folder, "begun");
      if (!victim("backup", rig.dataDir, dir, String(step))) break;
      try {
        seen.add(returned(dir).join());
      } catch (error) {
        seen.add((error as { code: string }).code);
      }
      assert.equal(victim("backup", rig.dataDir, dir, "0"), false);
      assert.equal(returned(dir).join(), "1: 4,2: 1102");
      assert.ok(new Releases(dir).read(release), "its release is not whole");
      rmSync(dir, { recursive: true });
    }
    assert.deepEqual([...seen], ["BACKUP_NONE", "BACKUP_HALF", "1: 4,2: 1102"]);
  });

  it("at any step of a restore, no store starts on half of it, and the next restore goes through", () => {
    rig.backup();
    const code = Buffer.from(rig.code!).toString("hex");
    let refused = 0;
    for (let step = 1; ; step++) {
      const dataDir = join(folder, `restored-${step}`);
      if (!victim("restore", rig.dir, dataDir, code, String(step))) break;
      let whole = false;
      try {
        Store.open({ dataDir, kind: "demo" }).close();
        whole = true;
      } catch (error) {
        assert.equal((error as { code: string }).code, "STORE_RESTORING", (error as Error).stack);
        refused++;
      }
      if (!whole) assert.equal(victim("restore", rig.dir, dataDir, code, "0"), false);
      const reader = StoreReader.open(dataDir);
      assert.deepEqual(
        reader.recordings().map(({ frames }) => frames),
        [4, 1102],
      );
      assert.equal(reader.verify().ok, true);
      reader.close();
      assert.equal(existsSync(join(dataDir, "restoring")), false);
      assert.deepEqual(
        readdirSync(dataDir).filter((name) => !/^(lock|avnode\.db(-wal|-shm)?|keyring\.json)$/.test(name)),
        ["releases"],
      );
      assert.ok(new Releases(dataDir).read(release), "its release is not whole");
    }
    assert.ok(refused >= 7, `${refused} steps`);
  });
});
