/** Exported files on disk: each is there under its name whole, or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { StoreError } from "../store/errors";
import type { OutFile } from "./source";

/** A file, and where it goes: into a directory that is there. */
export interface Placed {
  file: OutFile;
  path: string;
}

/**
 * Writes files in order, replacing older ones when all are whole.
 * @returns their paths
 * @throws EXPORT_WRITE where the disk does not take them, and what making them throws; nothing is left behind then
 */
export function saveFiles(placed: Placed[]): string[] {
  const parts = placed.map((each) => ({ ...each, part: `${each.path}.part` }));
  try {
    for (const { file, part } of parts) write(part, file);
    for (const { path, part } of parts) onDisk(path, () => renameSync(part, path));
  } finally {
    for (const { part } of parts) rmSync(part, { force: true });
  }
  return placed.map(({ path }) => path);
}

function write(path: string, file: OutFile): void {
  // An ECG is for its owner's eyes.
  const handle = onDisk(path, () => openSync(path, "w", 0o600));
  try {
    for (const piece of file.pieces())
      for (let at = 0; at < piece.length; ) at += onDisk(path, () => writeSync(handle, piece, at));
    onDisk(path, () => fsyncSync(handle));
  } finally {
    closeSync(handle);
  }
}

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === "ENOSPC" || code === "EDQUOT"
        ? "the disk is full: make room, or export to another"
        : "export to another place";
    throw new StoreError("EXPORT_WRITE", `cannot write ${path}: ${(error as Error).message}; ${remedy}`, {
      cause: error,
    });
  }
}
