/** One backup: what changed is copied from a snapshot of the running store, then read back and verified. */
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Database } from "better-sqlite3";
import { type Opened, openBeside } from "../store/directory";
import { codeOf, StoreError } from "../store/errors";
import type { VerifyReport } from "../store/infos";
import type { Keyring } from "../store/keyring";
import { Meta } from "../store/meta";
import { totalOf } from "../store/runs";
import { Updates } from "../store/updates";
import { verifyStore } from "../store/verify";
import { allRuns, changesFor, framesBeyond, keyText, type Value } from "./changes";
import { type BackupInfo, infoPath, noBackupIn, readInfo, writeInfo } from "./info";
import { alteredRows } from "./intact";
import { makeRecoveryCode, readKeys, sealing } from "./keyfile";
import { recordBackup } from "./record";
import { copyReleases } from "./releases";
import { databaseOf, Replica } from "./replica";
import { settleSealed, stageSealed } from "./sealed";
import { checkTables, columnsOf, type Table } from "./tables";

export interface BackupOptions {
  dataDir: string;
  dir: string;
  /** Verify everything that is in the backup, not only what this run brought. */
  full?: boolean;
  /** The hub runs it so often; for status to tell when one is late. */
  everyHours?: number;
  /** Told a recovery code that this run makes; without it a store without a code is refused. */
  onCode?: (code: Uint8Array) => void;
  progress?: (done: number, total: number) => void;
  now?: () => number;
  /** Called at every step, so that a test can end the process there. */
  step?: (name: string) => void;
}

export interface BackupResult {
  dir: string;
  /** Unix ms of the snapshot. */
  at: number;
  /** What this run brought. */
  recordings: number;
  frames: number;
  /** What is in the backup now. */
  total: { recordings: number; frames: number };
  verified: { recordings: number; frames: number };
  /** What the store itself says is wrong with it; the backup holds it as it is. */
  problems: string[];
  /** Releases for handhelds that were not backed up, and why. */
  releaseProblems: string[];
  /** When this run made one and was asked for JSON. */
  recoveryCode?: string;
  seconds: { copy: number; verify: number };
}

/** Rows and frames between two steps. */
const STEP_EVERY = 500;

/** @throws BACKUP_*, STORE_*, RECOVERY_CODE_* */
export function runBackup(options: BackupOptions): BackupResult {
  const dir = resolve(options.dir);
  const place = dir;
  const kind = options.everyHours === undefined ? "backup" : `backup every ${options.everyHours} h`;
  try {
    const result = new Run(options, dir).run();
    const failed = detailOf(result);
    recordBackup(options.dataDir, { place, kind, at: result.at, verified: true, failed });
    return result;
  } catch (error) {
    // The other run notes how it went.
    if (codeOf(error) === "BACKUP_BUSY") throw error;
    recordBackup(options.dataDir, { place, kind, failed: `${codeOf(error)}: ${(error as Error).message}` });
    throw error;
  }
}

function detailOf({ problems }: BackupResult): string | undefined {
  return problems.length === 0 ? undefined : `${problems.length} problems of the store: ${problems[0]}`;
}

class Run {
  private readonly step: (name: string) => void;
  private readonly now: () => number;
  private done = 0;

  constructor(
    private readonly options: BackupOptions,
    private readonly dir: string,
  ) {
    this.step = options.step ?? (() => {});
    this.now = options.now ?? Date.now;
  }

  run(): BackupResult {
    const { dataDir, onCode } = this.options;
    this.checkPlace();
    let keys = readKeys(dataDir);
    if (!keys.backupKey && onCode) {
      keys = makeRecoveryCode(dataDir, onCode);
      this.step("code");
    }
    const { key, salt } = sealing(keys);
    const source = openBeside(dataDir, true);
    let replica: Replica | undefined;
    try {
      checkTables(source.db);
      if (!existsSync(this.dir)) mkdirSync(this.dir, { mode: 0o700 });
      this.step("directory");
      replica = Replica.open(this.dir);
      checkOwner(replica.db, source.keyring, this.dir);
      this.step("open");
      const began = performance.now();
      const { at, ids, frames, lost } = this.copy(source, replica, () =>
        stageSealed(this.dir, keys, key, salt),
      );
      settleSealed(this.dir);
      this.step("settled");
      const copied = performance.now();
      replica.close();
      const before = readInfoLeniently(this.dir);
      const info = this.describe(source, at, before);
      // After a run that found something wrong, and until one finds nothing, everything is verified.
      const full = this.options.full || before?.doubt === true;
      info.doubt = true;
      // Said to be unverified until it is.
      writeInfo(this.dir, info);
      this.step("told");
      const verified = this.verify(source, full ? undefined : new Set(ids));
      const problems = [...verified.problems, ...lost];
      info.doubt = problems.length > 0;
      info.verifiedAt = this.now();
      if (full) info.fullyVerifiedAt = info.verifiedAt;
      writeInfo(this.dir, info);
      this.step("verified");
      const inUse = new Updates(source.db, source.keyring).inUse();
      const releaseProblems = copyReleases(dataDir, this.dir, () => true, inUse);
      this.step("releases");
      return {
        dir: this.dir,
        at,
        recordings: ids.length,
        frames,
        total: { recordings: info.recordings, frames: info.frames },
        verified: { recordings: verified.recordings, frames: verified.frames },
        problems,
        releaseProblems,
        seconds: { copy: (copied - began) / 1000, verify: (performance.now() - copied) / 1000 },
      };
    } finally {
      replica?.close();
      if (source.db.inTransaction) source.db.exec("ROLLBACK");
      source.db.close();
    }
  }

  private checkPlace(): void {
    const { dir } = this;
    const { dataDir, everyHours } = this.options;
    // An empty mount point is on the disk that the stick saves us from.
    if (everyHours !== undefined && !existsSync(infoPath(dir)))
      throw new StoreError("BACKUP_PLACE", noBackupIn(dir));
    const same = existsSync(dir) && realpathSync(dir) === realpathSync(dataDir);
    if (same || existsSync(join(dir, "keyring.json")))
      throw new StoreError(
        "BACKUP_IS_DATA",
        `${dir} is a data directory. Back up into another one, best on another disk`,
      );
    if (readInfoLeniently(dir)?.mirrorOf !== undefined)
      throw new StoreError("BACKUP_IS_MIRROR", `${dir} is kept by a mirror. Back up into another directory`);
    // A stick that is not there must not become a directory on the disk that it saves us from.
    if (!existsSync(dir) && !existsSync(dirname(dir)))
      throw new StoreError(
        "BACKUP_PLACE",
        `${dirname(dir)} is not there. Put the medium in, or make that directory`,
      );
    if (!existsSync(dir) && !this.options.onCode)
      throw new StoreError(
        "BACKUP_PLACE",
        `${dir} is not there. Put the medium in, or run 'avnode backup ${dir}' once by hand`,
      );
  }

  /** @param stageKeys keeps the keyring that opens the rows: only now, when nothing speaks against them any more */
  private copy({ db: source, keyring }: Opened, replica: Replica, stageKeys: () => void) {
    // Before the snapshot: what another run brought meanwhile would look as though this store had lost it.
    try {
      replica.begin();
      source.exec("BEGIN");
      const at = this.now();
      const { changes, kept } = this.compare(source, keyring, replica);
      this.step("compared");
      const total = this.totalOf(source, replica) + changes.rows.length;
      for (const { table, key } of changes.removed) replica.remove(table, key);
      for (const { table, values } of changes.rows) {
        replica.put(table, values);
        this.tick("rows", total);
      }
      const { frames, ids, lost } = this.copyFrames(
        source,
        replica,
        new Set(changes.recordings),
        total,
        kept.recordings,
      );
      this.step("copied");
      stageKeys();
      this.step("keyring");
      replica.commit();
      this.step("committed");
      this.options.progress?.(total, total);
      return { at, frames, ids, lost: [...kept.told, ...lost] };
    } catch (error) {
      replica.rollback();
      throw asWriteError(error, this.dir);
    }
  }

  /** A row whose MAC does not hold never replaces one whose MAC does, and gives way to it. */
  private compare(source: Database, keyring: Keyring, replica: Replica) {
    const [bad, old] = [alteredRows(source, keyring), alteredRows(replica.db, keyring)];
    const have = replica.have();
    const there = new Map([...bad.keys()].map((name) => [name, new Set(have.digests[name]!.keys())]));
    const isGood = (name: string, key: string) => there.get(name)!.has(key) && !old.get(name)!.has(key);
    for (const [name, keys] of old)
      for (const key of keys)
        if (!bad.get(name)!.has(key) && have.digests[name]!.delete(key)) replica.giveUp(name, key);
    const changes = changesFor(source, have);
    const keyOf = (table: Table, values: Value[]) => {
      const columns = columnsOf(source, table.name);
      return keyText(table.key.map((column) => values[columns.indexOf(column)]!));
    };
    changes.rows = changes.rows.filter(({ table, values }) => {
      if (!bad.get(table.name)?.size) return true;
      const key = keyOf(table, values);
      return !bad.get(table.name)!.has(key) || !isGood(table.name, key);
    });
    const told: string[] = [];
    const recordings = new Set<number>();
    for (const [name, keys] of bad)
      for (const key of keys) {
        const good = isGood(name, key);
        told.push(
          `row ${key} of ${name} was altered${good ? "; the backup keeps the one it had: restore it" : ""}`,
        );
        if (good && name === "recordings") recordings.add((JSON.parse(key) as [number])[0]);
      }
    return { changes, kept: { told, recordings } };
  }

  /**
   * Every recording's runs are compared, not only those of rows that changed: a medium that lost frames says nothing
   * of it, and gets them again.
   */
  private copyFrames(
    source: Database,
    replica: Replica,
    changed: Set<number>,
    total: number,
    kept: Set<number>,
  ) {
    const [here, there] = [allRuns(source), allRuns(replica.db)];
    const rows = source
      .prepare("SELECT key, id, held FROM recordings WHERE length(mk) > 0 ORDER BY key")
      .all() as { key: number; id: string; held: number }[];
    const ids: string[] = [];
    const lost: string[] = [];
    let frames = 0;
    for (const { key, id, held } of rows) {
      if (kept.has(key)) continue;
      const [own, copied] = [here.get(key) ?? [], there.get(key) ?? []];
      const count = totalOf(own);
      if (count !== held)
        lost.push(
          `${id}: the store counts ${held} frames and has ${count}, the backup had ${totalOf(copied)}`,
        );
      const before = frames;
      if (JSON.stringify(own) !== JSON.stringify(copied)) {
        for (const frame of framesBeyond(source, key, copied)) {
          replica.frame(key, frame);
          frames++;
          this.tick("frames", total);
        }
      }
      if (frames > before || changed.has(key)) ids.push(id);
    }
    return { frames, ids, lost };
  }

  private tick(name: string, total: number): void {
    if (++this.done % STEP_EVERY !== 0) return;
    this.options.progress?.(Math.min(this.done, total), total);
    this.step(name);
  }

  private totalOf(source: Database, replica: Replica): number {
    const held = "SELECT coalesce(sum(held), 0) FROM recordings WHERE length(mk) > 0";
    return Math.max(0, sum(source, held) - sum(replica.db, held));
  }

  private describe(source: Opened, at: number, before: BackupInfo | undefined): BackupInfo {
    const db = Replica.openToRead(this.dir);
    try {
      return {
        type: "avnode/backup",
        v: 1,
        storeId: source.keyring.storeId.toString("hex"),
        generation: source.keyring.generation.toString("hex"),
        kind: source.meta.get("kind") ?? "",
        at,
        verifiedAt: null,
        fullyVerifiedAt: before?.fullyVerifiedAt ?? null,
        recordings: sum(db, "SELECT count(*) FROM recordings"),
        frames: sum(db, "SELECT count(*) FROM frames"),
      };
    } finally {
      db.close();
    }
  }

  /** Reads back what was written. @throws BACKUP_VERIFY when it is not what the store holds */
  private verify(source: Opened, ids: Set<string> | undefined) {
    const db = Replica.openToRead(this.dir);
    try {
      const quick = db.pragma("quick_check(1)", { simple: true });
      if (quick !== "ok") throw unlike(this.dir, String(quick));
      const report = verifyStore(db, source.keyring, ids, this.options.progress);
      const problems = problemsOf(report);
      const missing = missingOf(report);
      if (problems.length + missing.length > 0) {
        // The same snapshot: what the store has wrong with it, or has yet to get, it had when it was copied.
        const doubtful = report.recordings.filter((one) => one.problems.length > 0).map(({ id }) => id);
        const store = verifyStore(source.db, source.keyring, new Set(doubtful));
        const own = new Set([...problemsOf(store), ...missingOf(store)]);
        const strange = [...problems, ...missing].find((problem) => !own.has(problem));
        if (strange) throw unlike(this.dir, strange);
      }
      const frames = report.recordings.reduce((total, one) => total + one.frames, 0);
      return { recordings: report.recordings.length, frames, problems };
    } finally {
      db.close();
    }
  }
}

function problemsOf(report: VerifyReport): string[] {
  return [...report.problems, ...toldOf(report, (verdict) => verdict === "altered")];
}

/** What is yet to come is missing in the store as well, and nothing is wrong with either. */
function missingOf(report: VerifyReport): string[] {
  return toldOf(report, (verdict) => verdict !== "altered");
}

function toldOf({ recordings }: VerifyReport, of: (verdict: string) => boolean): string[] {
  return recordings
    .filter(({ verdict }) => of(verdict))
    .flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`));
}

function sum(db: Database, sql: string): number {
  return db.prepare(sql).pluck().get() as number;
}

/** A damaged one is written anew. */
function readInfoLeniently(dir: string): BackupInfo | undefined {
  try {
    return readInfo(dir);
  } catch (error) {
    if (codeOf(error) === "BACKUP_INFO") return undefined;
    throw error;
  }
}

/** @throws BACKUP_OTHER unless the directory is empty or this store's */
function checkOwner(db: Database, keyring: Keyring, dir: string): void {
  const empty = db.prepare("SELECT 1 FROM meta").get() === undefined;
  if (empty || new Meta(db, keyring).altered().length === 0) return;
  throw new StoreError("BACKUP_OTHER", `${dir} is the backup of another store. Use another directory`);
}

function unlike(dir: string, what: string): StoreError {
  return new StoreError(
    "BACKUP_VERIFY",
    `what was written to ${databaseOf(dir)} does not read back as it is in the store: ${what}. Use another medium`,
  );
}

function asWriteError(error: unknown, dir: string): unknown {
  if (codeOf(error).startsWith("SQLITE_BUSY"))
    return new StoreError(
      "BACKUP_BUSY",
      `another run is backing up into ${dir}. Wait until it is done, then run this one again`,
      { cause: error },
    );
  if (!codeOf(error).startsWith("SQLITE")) return error;
  return new StoreError(
    "BACKUP_WRITE",
    `cannot write to ${databaseOf(dir)}: ${(error as Error).message}. It is as it was before; check that the medium is there and has room`,
    { cause: error },
  );
}
