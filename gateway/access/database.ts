/** What access needs to remember, beside the store and apart from it: a database of its own, in no backup. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { makeDirectory } from "../store/directory";
import { StoreError } from "../store/errors";
import { checkSecret, reserveSecret } from "../store/secretfile";

const VERSION = 1;
const BUSY_MS = 5000;

const SCHEMA = `
  CREATE TABLE passwords (role TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, cost INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (
    hash BLOB PRIMARY KEY, role TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE browsers (hash BLOB PRIMARY KEY, role TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE links (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, recording TEXT NOT NULL, label TEXT,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  PRAGMA user_version = ${VERSION};
`;

/** @throws ACCESS_OPEN, ACCESS_NEWER, ACCESS_FILE_* */
export function openAccess(dataDir: string): Database.Database {
  makeDirectory(dataDir);
  const path = join(dataDir, "access.db");
  if (existsSync(path)) checkSecret(path, "ACCESS_FILE");
  else reserveSecret(path);
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: BUSY_MS });
    // A password that was changed stays changed, and a session that was revoked stays revoked.
    db.pragma("synchronous = FULL");
    const version = db.pragma("user_version", { simple: true }) as number;
    if (version === 0) db.transaction(() => db!.exec(SCHEMA)).immediate();
    else if (version !== VERSION)
      throw new StoreError("ACCESS_NEWER", `${path} was written by a newer avnode. Start that one`);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      "ACCESS_OPEN",
      `cannot open ${path}: ${(cause as Error).message}. Remove it if it is damaged: passwords, sessions and links are then set anew`,
      { cause },
    );
  }
}
