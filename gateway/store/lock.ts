/**
 * One writer per data directory. The lock is SQLite's own on an empty database: the kernel drops it with the process,
 * so that nothing stale is left after kill -9.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { codeOf, StoreError } from "./errors";
import { reserveSecret } from "./secretfile";

/** @returns a function that releases; @throws STORE_LOCKED, STORE_OPEN */
export function lockDirectory(dataDir: string): () => void {
  try {
    const path = join(dataDir, "lock");
    // Whoever may open it may hold it, and the hub would not start.
    reserveSecret(path);
    const lock = new Database(path, { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
    return () => lock.close();
  } catch (cause) {
    if (codeOf(cause).startsWith("SQLITE_BUSY")) {
      throw new StoreError(
        "STORE_LOCKED",
        `cannot open ${dataDir}: another avnode is writing to it. Stop that one, or name another directory (a hub's by --data)`,
        { cause },
      );
    }
    throw new StoreError(
      "STORE_OPEN",
      `cannot lock ${dataDir}: ${(cause as Error).message}. Check that the directory exists and is writable`,
      { cause },
    );
  }
}
