/** Opening a data directory: what it is for, its keyring, its database. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Crypto } from "../../protocol/crypto";
import { nodeCrypto } from "../crypto";
import type { DataKind } from "./claims";
import { StoreError } from "./errors";
import { Keyring } from "./keyring";
import { Meta } from "./meta";
import { checkCurrent, checkSchema, hasForm, migrate } from "./schema";
import { reserveSecret } from "./secretfile";

/** Another process may file a claim while we write. */
export const BUSY_MS = 5000;

/**
 * Of each connection. What SQLite itself holds for enough; our build of it would take 16 MB, which fill in hours and
 * look like a leak, while the kernel keeps the same pages.
 */
const CACHE_KIB = 2000;

/** Where a restore makes its store before it moves it into place. */
export const RESTORING = "restoring";

export interface Opened {
  db: Database.Database;
  keyring: Keyring;
  meta: Meta;
}

const databasePath = (dataDir: string) => join(dataDir, "avnode.db");

function connect(dataDir: string, options: Database.Options): Database.Database {
  try {
    if (!options.fileMustExist) reserveSecret(databasePath(dataDir));
    const db = new Database(databasePath(dataDir), { timeout: BUSY_MS, ...options });
    db.pragma("synchronous = FULL");
    db.pragma("trusted_schema = OFF");
    db.pragma(`cache_size = -${CACHE_KIB}`);
    // What is erased must not linger in pages that are free or were split.
    if (!options.readonly) db.pragma("secure_delete = ON");
    return db;
  } catch (cause) {
    throw new StoreError(
      "STORE_OPEN",
      `cannot open ${databasePath(dataDir)}: ${(cause as Error).message}. Check that it exists and is yours`,
      { cause },
    );
  }
}

/** Runs `use` and closes the database if it throws. */
function orClose<T>(db: Database.Database, use: () => T): T {
  try {
    return use();
  } catch (error) {
    db.close();
    throw error;
  }
}

/** An empty store in its place would look as though nothing had ever been recorded. */
function missing(dataDir: string): StoreError {
  return new StoreError(
    "STORE_MISSING",
    `${databasePath(dataDir)} is gone or empty, but its keyring is here. Bring it back from a backup; ` +
      `if nothing was ever recorded here, remove both it and ${Keyring.path(dataDir)} and start again`,
  );
}

export function makeDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreError(
      "STORE_OPEN",
      `cannot make ${dataDir}: ${(cause as Error).message}. Use --data with a directory that you may write`,
      { cause },
    );
  }
}

/** A restore that was cut off after its last file was in place is done but for its folder. @throws STORE_RESTORING */
function endRestore(dataDir: string): void {
  const stage = join(dataDir, RESTORING);
  if (!existsSync(Keyring.path(dataDir))) {
    throw new StoreError(
      "STORE_RESTORING",
      `a restore into ${dataDir} was cut off. Run 'avnode restore' again, or remove ${stage}`,
    );
  }
  rmSync(stage, { recursive: true });
}

/**
 * For the process that holds the lock: makes what is new, migrates what is old.
 * @param random of a new keyring
 */
export function openToWrite(
  dataDir: string,
  kind: DataKind,
  random: Crypto["random"] = nodeCrypto.random,
): Opened {
  if (existsSync(join(dataDir, RESTORING))) endRestore(dataDir);
  const hasDatabase = existsSync(databasePath(dataDir));
  const hasKeyring = existsSync(Keyring.path(dataDir));
  if (hasKeyring && !hasDatabase) throw missing(dataDir);
  let keyring = hasDatabase ? Keyring.load(dataDir) : Keyring.create(dataDir, random);
  if (!keyring.signKey) keyring = keyring.amend(dataDir, { signKey: Buffer.from(random(32)) });
  const db = connect(dataDir, {});
  return orClose(db, () => {
    const meta = new Meta(db, keyring);
    checkSchema(db);
    if (hasDatabase && !hasForm(db)) throw missing(dataDir);
    db.pragma("journal_mode = WAL");
    db.pragma("journal_size_limit = 67108864");
    db.transaction(() => {
      migrate(db, (name, value) => meta.set(name, value));
      // Never later: a row that somebody deleted must not heal.
      if (!hasDatabase) {
        meta.set("kind", kind);
        meta.set("devices", "0");
      }
    })();
    if (meta.altered().length > 0) {
      throw new StoreError(
        "STORE_KEYRING_OTHER",
        `${Keyring.path(dataDir)} is not the keyring of ${db.name}, or the database was altered. Bring both back from one backup`,
      );
    }
    const was = meta.get("kind");
    if (was !== kind) {
      throw new StoreError(
        "STORE_KIND",
        `${dataDir} is a data directory for ${was}, not for ${kind}. Use --data with another directory`,
      );
    }
    return { db, keyring, meta };
  });
}

/** For a process beside the one that writes: to read, or, with `readonly` false, to file a claim. */
export function openBeside(dataDir: string, readonly: boolean): Opened {
  const keyring = Keyring.load(dataDir);
  const db = connect(dataDir, { readonly, fileMustExist: true });
  return orClose(db, () => {
    checkSchema(db);
    if (!hasForm(db)) throw missing(dataDir);
    checkCurrent(db);
    return { db, keyring, meta: new Meta(db, keyring) };
  });
}
