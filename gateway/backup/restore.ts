/**
 * A return from a backup or a mirror. It is made whole in a folder of its own and verified there; only then its two
 * files are moved into place, the keyring last, and before them the releases of handhelds. Killed anywhere before, it
 * leaves what the next restore clears away.
 */

import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DataKind } from "../store/claims";
import { openToWrite, RESTORING } from "../store/directory";
import { codeOf, StoreError } from "../store/errors";
import { lockDirectory } from "../store/lock";
import { Appender } from "../store/log/appender";
import { type MakerInfo, Makers } from "../store/pinned";
import { type RevocationListInfo, RevocationLists } from "../store/revocations";
import { Updates } from "../store/updates";
import { verifyStore } from "../store/verify";
import { RELEASES, Releases } from "../update/releases";
import { syncDirectory, syncFile } from "./files";
import { type BackupInfo, requireInfo } from "./info";
import { writeKeys } from "./keyfile";
import { noteRestore } from "./lost";
import { copyReleases } from "./releases";
import { Replica } from "./replica";
import { type Keys, openWithCode } from "./sealed";

export interface RestoreOptions {
  /** The backup's or the mirror's directory. */
  dir: string;
  /** Empty, or not there yet. */
  dataDir: string;
  code: Uint8Array;
  /** Also a backup that does not verify. */
  anyway?: boolean;
  progress?: (done: number, total: number) => void;
  now?: () => number;
  step?: (name: string) => void;
}

export interface RestoreResult {
  dataDir: string;
  kind: DataKind;
  /** Unix ms of the copy that was brought back. */
  backupAt: number;
  recordings: number;
  frames: number;
  /** Hex, before and now. */
  generationBefore: string;
  generation: string;
  problems: string[];
  /** Whom the copy believes, and makers' lists in it: what was forgotten or brought after it was made is undone. */
  makers: Pick<MakerInfo, "fingerprint" | "state" | "label">[];
  revocations: Pick<RevocationListInfo, "fingerprint" | "number" | "issued">[];
  /** Of handhelds, wanted and under way as the copy has them, and whether their releases came back. Devices are ids in hex. */
  updates: { device: string; version: string; isHere: boolean }[];
  /** Releases that did not come back, and why. */
  releaseProblems: string[];
  seconds: number;
}

/** SQLite's files: what a copy killed in mid-write needs to go back to the state before it. */
const FILES = ["avnode.db", "avnode.db-journal", "avnode.db-wal"];
/** What may be in a directory that counts as empty. */
const NOTHING = [RESTORING, "lost+found", "lock"];

/** @throws BACKUP_*, RESTORE_*, STORE_* */
export function restore(options: RestoreOptions): RestoreResult {
  const { dir, dataDir } = options;
  const step = options.step ?? (() => {});
  const began = performance.now();
  const info = requireInfo(dir);
  checkEmpty(dataDir);
  const opened = openWithCode(dir, options.code);
  const keyrings = opened.filter(({ storeId }) => storeId === info.storeId);
  if (keyrings.length === 0)
    throw new StoreError(
      "BACKUP_OTHER",
      `the sealed keyring in ${dir} is another store's than the database beside it. Bring the two back together from one backup`,
    );
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(dataDir);
  try {
    const stage = join(dataDir, RESTORING);
    rmSync(stage, { recursive: true, force: true });
    mkdirSync(stage, { mode: 0o700 });
    // Only now: without the folder this database would be somebody's.
    rmSync(join(dataDir, "avnode.db"), { force: true });
    rmSync(join(dataDir, RELEASES), { recursive: true, force: true });
    step("stage");
    for (const name of FILES) {
      if (existsSync(join(dir, name))) copyFileSync(join(dir, name), join(stage, name));
      step(name);
    }
    const generation = randomBytes(8);
    const result = firstThatVerifies(ownFirst(keyrings, stage), (keys) => {
      writeKeys(stage, keys);
      step("keys");
      return rebuild(options, info, generation, stage);
    });
    step("verified");
    if (existsSync(join(stage, RELEASES))) renameSync(join(stage, RELEASES), join(dataDir, RELEASES));
    step("releases");
    syncFile(join(stage, "avnode.db"));
    renameSync(join(stage, "avnode.db"), join(dataDir, "avnode.db"));
    syncDirectory(dataDir);
    step("database");
    renameSync(join(stage, "keyring.json"), join(dataDir, "keyring.json"));
    syncDirectory(dataDir);
    step("keyring");
    rmSync(stage, { recursive: true });
    syncDirectory(dataDir);
    return { ...result, seconds: (performance.now() - began) / 1000 };
  } finally {
    unlock();
  }
}

/** A run that was cut off leaves two keyrings: the database's own is the one whose log it wrote last. */
function ownFirst(keyrings: Keys[], stage: string): Keys[] {
  if (keyrings.length < 2) return keyrings;
  let origin: unknown;
  try {
    const replica = Replica.open(stage);
    try {
      origin = replica.db.prepare("SELECT origin FROM logs ORDER BY id DESC LIMIT 1").pluck().get();
    } finally {
      replica.close();
    }
  } catch {
    // Damaged, as whoever looks closer will say.
  }
  const isOwn = ({ storeId, generation }: Keys) => String(origin).endsWith(`/${storeId}/${generation}`);
  return [...keyrings.filter(isOwn), ...keyrings.filter((keys) => !isOwn(keys))];
}

/** A mirror may hold several keyrings, of which some were sent to it to spoil it. */
function firstThatVerifies<T>(keyrings: Keys[], attempt: (keys: Keys) => T): T {
  let failure: unknown;
  for (const keys of keyrings) {
    try {
      return attempt(keys);
    } catch (error) {
      if (!/^(STORE|RESTORE)_/.test(codeOf(error))) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

function rebuild(
  options: RestoreOptions,
  info: BackupInfo,
  generation: Buffer,
  stage: string,
): Omit<RestoreResult, "seconds"> {
  const kind = info.kind as DataKind;
  checkFile(stage, options.dir);
  const { db, keyring, meta } = openToWrite(stage, kind);
  try {
    const report = verifyStore(db, keyring, undefined, options.progress);
    const problems = [
      ...report.problems,
      ...report.missing,
      ...report.recordings.flatMap((one) => one.problems.map((p) => `${one.id}: ${p}`)),
    ];
    const altered =
      report.problems[0] ?? report.recordings.find((one) => one.verdict === "altered")?.problems[0];
    if (altered !== undefined && !options.anyway) {
      throw new StoreError(
        "RESTORE_ALTERED",
        `${options.dir} does not verify: ${altered}. Try another backup first; --anyway brings this one back, and 'avnode verify' then names what is wrong`,
      );
    }
    const now = (options.now ?? Date.now)();
    noteRestore(db, meta, generation.toString("hex"), { at: now, backupAt: info.at });
    const renewed = keyring.amend(stage, { generation });
    // Begins the log of the new generation, whose first leaf is the last checkpoint of the old one.
    new Appender(db, renewed, meta, now);
    const makers = new Makers(db, keyring);
    const updates = new Updates(db, keyring);
    const releaseProblems = copyReleases(
      options.dir,
      stage,
      (maker) => makers.isPinned(maker),
      updates.inUse(),
    );
    const here = new Releases(stage);
    const result = {
      dataDir: options.dataDir,
      kind,
      backupAt: info.at,
      recordings: report.recordings.length,
      frames: report.recordings.reduce((sum, one) => sum + one.frames, 0),
      generationBefore: keyring.generation.toString("hex"),
      generation: generation.toString("hex"),
      problems,
      makers: makers.list().map(({ fingerprint, state, label }) => ({ fingerprint, state, label })),
      revocations: new RevocationLists(db, keyring)
        .lists()
        .map(({ fingerprint, number, issued }) => ({ fingerprint, number, issued })),
      updates: [...updates.all()].flatMap(([device, { ended, cancelled, version, release }]) =>
        ended || cancelled ? [] : { device, version, isHere: here.read(release) !== undefined },
      ),
      releaseProblems,
    };
    db.pragma("wal_checkpoint(TRUNCATE)");
    return result;
  } finally {
    db.close();
  }
}

/** A damaged copy says so before anything trusts it. */
function checkFile(stage: string, dir: string): void {
  try {
    const db = Replica.open(stage, dir);
    try {
      const found = db.db.pragma("quick_check(1)", { simple: true });
      if (found !== "ok") throw damaged(dir, String(found));
    } finally {
      db.close();
    }
  } catch (error) {
    if (!/^BACKUP_(DAMAGED|WRITE)$|^SQLITE/.test(codeOf(error))) throw error;
    throw damaged(dir, (error as Error).message);
  }
}

function damaged(dir: string, why: string): StoreError {
  return new StoreError(
    "BACKUP_DAMAGED",
    `the database in ${dir} is damaged (${why}). Use another backup or a mirror`,
  );
}

function checkEmpty(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const names = readdirSync(dataDir);
  const unfinished = names.includes(RESTORING) && !names.includes("keyring.json");
  const there = names.filter(
    (name) => !NOTHING.includes(name) && !(unfinished && (name.startsWith("avnode.db") || name === RELEASES)),
  );
  if (there.length === 0) return;
  throw new StoreError(
    "RESTORE_NOT_EMPTY",
    `${dataDir} is not empty (${there[0]}). Move it away, or name another directory with --data`,
  );
}
