/** A folder to measure in, on a real disk: on tmpfs a commit costs nothing and every store looks alike. */
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux's TMPFS_MAGIC and RAMFS_MAGIC; see statfs(2). */
const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6];

/** Runs `work` in a new folder and removes it. @throws when no writable folder lies on a disk */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const parent = [tmpdir(), "/var/tmp", process.cwd()].find(isOnDisk);
  if (!parent) throw new Error("no folder on a real disk to measure in: set TMPDIR to one");
  const folder = mkdtempSync(join(parent, "avnode-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOnDisk(folder: string): boolean {
  try {
    return !MEMORY_FILE_SYSTEMS.includes(statfsSync(folder).type);
  } catch {
    return false;
  }
}
