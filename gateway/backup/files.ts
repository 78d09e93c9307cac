/** The durable primitives of backups. Nothing else in this folder writes files but SQLite. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** What was renamed or removed in this directory is so on disk when this returns. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } catch (error) {
    // Some file systems of sticks and shares know no fsync of a directory; they write it through.
    if (!["EINVAL", "ENOTSUP", "EBADF"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    closeSync(handle);
  }
}

export function syncFile(file: string): void {
  const handle = openSync(file, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The file has the old content or the new one, whole, whenever power fails. */
export function replaceFile(file: string, content: string, mode = 0o600): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, "w", mode);
  try {
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  syncDirectory(dirname(file));
}
