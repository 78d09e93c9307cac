/** Exported files on disk: each is there under its name whole, or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { OutFile } from "./formats";

/** A file, and where it goes: into a directory that is there. */
export interface Placed {
  file: OutFile;
  path: string;
}

/**
 * Writes files in order, replacing older ones when all are whole.
 * @returns their paths
 * @throws what making them throws, EACCES, ENOSPC …; nothing is left behind then
 */
export function saveFiles(placed: Placed[]): string[] {
  const parts = placed.map(({ file, path }) => ({ file, path, part: `${path}.part` }));
  try {
    for (const { file, part } of parts) write(part, file);
    for (const { path, part } of parts) renameSync(part, path);
  } finally {
    for (const { part } of parts) rmSync(part, { force: true });
  }
  return placed.map(({ path }) => path);
}

function write(path: string, file: OutFile): void {
  const handle = openSync(path, "w");
  try {
    for (const piece of file.pieces())
      for (let at = 0; at < piece.length; ) at += writeSync(handle, piece, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
