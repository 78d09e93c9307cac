/** What access needs to remember, beside the store and apart from it: a database of its own, in no backup. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { makeDirectory } from "../store/directory";
import { StoreError } from "../store/errors";
import { checkSecret, reserveSecret } from "../store/secretfile";

const BUSY_MS = 5000;

/** Step by step: one once released is never edited. */
const STEPS = [
  `CREATE TABLE passwords (role TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, cost INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (
    hash BLOB PRIMARY KEY, role TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE browsers (hash BLOB PRIMARY KEY, role TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE links (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, recording TEXT NOT NULL, label TEXT,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
`,
  `CREATE TABLE setup (step TEXT PRIMARY KEY, state TEXT NOT NULL, at INTEGER NOT NULL) STRICT;`,
  // What left the house: the newest of one kind, recording and receiver is counted on for a while.
  `CREATE TABLE egress (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
    count INTEGER NOT NULL, receiver TEXT NOT NULL, address TEXT NOT NULL, recording TEXT, detail TEXT, link TEXT
  ) STRICT;`,
  // One row: the last backup that was begun from the page.
  `CREATE TABLE backup_run (
    id INTEGER PRIMARY KEY CHECK (id = 1), dir TEXT NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL,
    ended_at INTEGER, detail TEXT
  ) STRICT;`,
  // Of links of before nobody kept whose recording they opened: they end.
  `DROP TABLE links;
  CREATE TABLE links (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, recording TEXT NOT NULL, label TEXT,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, person INTEGER NOT NULL, delivery INTEGER
  ) STRICT;`,
];

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
    if (version > STEPS.length)
      throw new StoreError("ACCESS_NEWER", `${path} was written by a newer avnode. Start that one`);
    if (version < STEPS.length) bringUp(db);
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

/** Another process may do so at the same time. */
function bringUp(db: Database.Database): void {
  db.transaction(() => {
    const version = db.pragma("user_version", { simple: true }) as number;
    for (const step of STEPS.slice(version)) db.exec(step);
    db.pragma(`user_version = ${STEPS.length}`);
  }).immediate();
}
