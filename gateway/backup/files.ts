/** The durable primitives of backups. Nothing else in this folder writes files but SQLite. */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, StoreError } from "../store/errors";

const MODE = 0o600;
/** All that backups, mirrors and SQLite read or write, by how the name begins: what else lies there is not ours. */
const OURS = /^(avnode\.db|keyring\.|backup\.json|mirror\.json)/i;
/** How a journal of SQLite begins, and how the name of a super-journal in it ends. */
const JOURNAL_MAGIC = Buffer.from("d9d505f920a163d7", "hex");

/**
 * Before anything in a directory is opened that somebody else may have written: a link would lead us to any file of
 * the user's, a pipe would hold us up, and SQLite deletes the file that a journal names as its super-journal.
 * @throws BACKUP_FILE, BACKUP_JOURNAL
 */
export function checkFiles(dir: string): void {
  for (const name of namesIn(dir)) {
    if (!OURS.test(name)) continue;
    const file = join(dir, name);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat && !stat.isFile())
      throw new StoreError(
        "BACKUP_FILE",
        `${file} is ${stat.isSymbolicLink() ? "a symbolic link" : "no regular file"}, which no backup makes. ` +
          "Somebody put it there: remove it, or use another directory",
      );
    // Ours has one database and never a super-journal.
    if (stat && /-journal$/i.test(name) && endsWith(file, JOURNAL_MAGIC))
      throw new StoreError(
        "BACKUP_JOURNAL",
        `${file} names another file, which going back to the state before it would delete. No backup makes such: ` +
          "somebody put it there. Use another backup, and make the next one into an empty directory",
      );
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return [];
    throw new StoreError(
      "BACKUP_PLACE",
      `cannot read ${dir}: ${(error as Error).message}. Check that the medium is there and yours`,
      { cause: error },
    );
  }
}

function endsWith(file: string, end: Buffer): boolean {
  const handle = openSync(file, "r");
  try {
    const last = Buffer.alloc(end.length);
    const at = fstatSync(handle).size - end.length;
    return at >= 0 && readSync(handle, last, 0, last.length, at) === last.length && last.equals(end);
  } finally {
    closeSync(handle);
  }
}

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

/** The file has the old content or the new one, whole, whenever power fails; it is its owner's alone. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const fresh = `${file}.new`;
  // What lies there may be wider, or lead elsewhere.
  rmSync(fresh, { force: true });
  const handle = openSync(fresh, "wx", MODE);
  try {
    narrow(() => fchmodSync(handle, MODE));
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  syncDirectory(dirname(file));
}

/** Before SQLite opens a database: it would make the file as wide as the umask allows, and its journal alike. */
export function reserveFile(database: string): void {
  try {
    closeSync(openSync(database, "wx", MODE));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  narrow(() => chmodSync(database, MODE));
}

/** Where the file system knows modes, and the file is ours. */
function narrow(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"].includes(codeOf(error))) throw error;
  }
}
