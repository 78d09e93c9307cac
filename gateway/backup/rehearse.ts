/** A return on trial: everything that a restore does, into a folder that is deleted again. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError } from "../store/errors";
import { StoreReader } from "../store/reader";
import { restore } from "./restore";

export interface Rehearsal {
  backupAt: number;
  recordings: number;
  frames: number;
  /** Recordings of which a frame was opened; the others have none, or were erased. */
  opened: number;
  problems: string[];
  /** Releases for handhelds that would not come back, and why. */
  releaseProblems: string[];
  /** How long a real return would take. */
  seconds: number;
}

export interface RehearsalOptions {
  dir: string;
  code: Uint8Array;
  /** The folder is made in here, where there is room for it, else where the system keeps such. */
  beside?: string;
  progress?: (done: number, total: number) => void;
}

/** @throws BACKUP_*, RESTORE_*, STORE_*, REHEARSAL_FRAME */
export function rehearse({ dir, code, beside, progress }: RehearsalOptions): Rehearsal {
  const parent = beside !== undefined && existsSync(beside) ? beside : tmpdir();
  const scratch = mkdtempSync(join(parent, "rehearsal-"));
  try {
    const { backupAt, recordings, frames, problems, releaseProblems, seconds } = restore({
      dir,
      dataDir: scratch,
      code,
      progress,
    });
    return {
      backupAt,
      recordings,
      frames,
      opened: openOneOfEach(scratch),
      problems,
      releaseProblems,
      seconds,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function openOneOfEach(dataDir: string): number {
  const reader = StoreReader.open(dataDir);
  let opened = 0;
  try {
    for (const { id, frames, erasedAt } of reader.recordings()) {
      if (frames === 0 || erasedAt !== undefined) continue;
      const some = reader.frames(id);
      const first = some.next();
      some.return(undefined);
      if (first.done) {
        throw new StoreError(
          "REHEARSAL_FRAME",
          `the backup counts ${frames} frames of recording ${id} and holds none. Back up again with --full`,
        );
      }
      opened++;
    }
    return opened;
  } finally {
    reader.close();
  }
}
