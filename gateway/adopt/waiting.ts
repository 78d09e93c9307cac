/**
 * Copies of files that wait to be adopted, in the data directory: the hub may not read where their owner has them, and a
 * page brings them piece by piece. They lie there as open as the files they were made of, for their owner alone, and go as
 * soon as they are adopted or refused.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { diskOf } from "../health/disk";
import { MAX_FILE_BYTES } from "../schema/adoptions";
import { AdoptError } from "./error";
import { fileSource } from "./source";

/** Left for what handhelds bring meanwhile. */
const RESERVE_BYTES = 500_000_000;
const COPY_BYTES = 1 << 20;
/** What nobody has touched for so long, and no request names, was given up. */
const GIVEN_UP_MS = 3_600_000;
const NAME = /^[0-9a-f]{32}$/;

export function waitingFile(dataDir: string, name: string): string {
  return join(dataDir, "adopting", name);
}

/** An empty one. @returns its name */
export function beginCopy(dataDir: string): string {
  mkdirSync(waitingFile(dataDir, ""), { mode: 0o700, recursive: true });
  const name = randomBytes(16).toString("hex");
  closeSync(openSync(partOf(dataDir, name), "wx", 0o600));
  return name;
}

/** @param at how much of it is there already; @throws ADOPT_PIECE, ADOPT_SIZE, ADOPT_ROOM */
export function addPiece(dataDir: string, name: string, at: number, bytes: Uint8Array): void {
  const size = at + bytes.length;
  if (size > MAX_FILE_BYTES)
    throw new AdoptError(
      "ADOPT_SIZE",
      `has more than ${MAX_FILE_BYTES} bytes`,
      "divide it into shorter ones",
    );
  // What is adopted of it takes as much again.
  if (diskOf(dataDir).freeBytes < bytes.length + size + RESERVE_BYTES)
    throw new AdoptError("ADOPT_ROOM", "does not fit on the hub's disk", "make room there");
  const file = openPart(dataDir, name);
  try {
    const { size: held } = fstatSync(file);
    if (held !== at)
      throw new AdoptError("ADOPT_PIECE", `is here up to byte ${held}, not ${at}`, "begin again");
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, at + done);
  } finally {
    closeSync(file);
  }
}

/** It is whole and on disk when this resolves. @throws ADOPT_PIECE */
export async function endCopy(dataDir: string, name: string): Promise<void> {
  const file = openPart(dataDir, name);
  try {
    // Two gigabytes of it take a while.
    await promisify(fsync)(file);
  } finally {
    closeSync(file);
  }
  renameSync(partOf(dataDir, name), waitingFile(dataDir, name));
  const directory = openSync(waitingFile(dataDir, ""), "r");
  fsyncSync(directory);
  closeSync(directory);
}

/** @returns the copy's name; @throws ADOPT_FILE, ADOPT_SIZE, ADOPT_ROOM, ADOPT_TRUNCATED */
export async function copyFile(dataDir: string, path: string): Promise<string> {
  const source = fileSource(path);
  const name = beginCopy(dataDir);
  try {
    for (let at = 0; at < source.bytes; at += COPY_BYTES)
      addPiece(dataDir, name, at, source.read(at, Math.min(COPY_BYTES, source.bytes - at)));
    await endCopy(dataDir, name);
    return name;
  } catch (error) {
    rmSync(partOf(dataDir, name), { force: true });
    throw error;
  } finally {
    source.close();
  }
}

/** Away with those that nobody waits for. @param kept names @param now Unix ms */
export function sweepCopies(dataDir: string, kept: readonly string[], now: number): void {
  if (!existsSync(waitingFile(dataDir, ""))) return;
  for (const file of readdirSync(waitingFile(dataDir, ""))) {
    const path = waitingFile(dataDir, file);
    if (!kept.includes(file) && Math.abs(now - statSync(path).mtimeMs) > GIVEN_UP_MS) rmSync(path);
  }
}

function partOf(dataDir: string, name: string): string {
  return `${waitingFile(dataDir, name)}.part`;
}

function openPart(dataDir: string, name: string): number {
  if (!NAME.test(name) || !existsSync(partOf(dataDir, name)))
    throw new AdoptError("ADOPT_PIECE", "is not here any more", "begin again");
  return openSync(partOf(dataDir, name), "r+");
}
