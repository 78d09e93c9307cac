/** Files that hold secrets: readable by their owner alone whatever the umask, and refused when they are not. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { codeOf, StoreError } from "./errors";

const MODE = 0o600;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Puts `text` in the file's place as a whole; it is on disk when this returns. */
export function writeSecret(path: string, text: string): void {
  const fresh = `${path}.new`;
  // What a crash left there may be wider, and would keep its mode.
  rmSync(fresh, { force: true });
  const file = openSync(fresh, "wx", MODE);
  try {
    fchmodSync(file, MODE);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * @param code of the thing, with which the codes below begin
 * @throws …_LINK, …_MODE, …_DIRECTORY; whatever the file system throws
 */
export function readSecret(path: string, code: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === "ELOOP") throw link(path, code);
    throw error;
  }
  try {
    // Of the opened file: its name may point elsewhere a moment later.
    checkWidth(path, fstatSync(file).mode, code);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** The same of a file that is not to be opened here; @throws as readSecret does */
export function checkSecret(path: string, code: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) throw link(path, code);
  checkWidth(path, stat.mode, code);
}

function link(path: string, code: string): StoreError {
  return new StoreError(
    `${code}_LINK`,
    `${path} is a symbolic link: whoever may change what it points to may change it. Put the file itself there`,
  );
}

function checkWidth(path: string, mode: number, code: string): void {
  if ((mode & OTHERS) !== 0)
    throw new StoreError(
      `${code}_MODE`,
      `${path} can be read by others on this machine. Run: chmod 600 ${path}`,
    );
  const directory = dirname(path);
  if ((statSync(directory).mode & OTHERS_WRITE) !== 0)
    throw new StoreError(
      `${code}_DIRECTORY`,
      `others on this machine may replace ${path}. Run: chmod go-w ${directory}`,
    );
}

/** Before SQLite opens a database: it would make the file as wide as the umask allows, and what stands beside it alike. */
export function reserveSecret(database: string): void {
  // Never opened once it is there: closing it would drop the locks that this process holds on it through SQLite.
  if (!existsSync(database)) closeSync(openSync(database, "wx", MODE));
  for (const path of [database, `${database}-wal`, `${database}-shm`, `${database}-journal`])
    if (existsSync(path)) chmodSync(path, MODE);
}
