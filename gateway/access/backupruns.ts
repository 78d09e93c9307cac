/** The last backup that was begun from the page, and how it went: kept, so that a hub that starts anew still says so. */
import type { Database } from "better-sqlite3";

export interface BackupRun {
  dir: string;
  state: "running" | "done" | "failed";
  /** Unix ms. */
  startedAt: number;
  endedAt?: number;
  /** Why it failed. */
  detail?: string;
}

interface Row {
  dir: string;
  state: BackupRun["state"];
  started_at: number;
  ended_at: number | null;
  detail: string | null;
}

export class BackupRuns {
  constructor(private readonly db: Database) {}

  last(): BackupRun | undefined {
    const row = this.db.prepare("SELECT * FROM backup_run").get() as Row | undefined;
    if (!row) return undefined;
    const { dir, state, started_at: startedAt, ended_at, detail } = row;
    return { dir, state, startedAt, endedAt: ended_at ?? undefined, detail: detail ?? undefined };
  }

  keep({ dir, state, startedAt, endedAt, detail }: BackupRun): void {
    this.db
      .prepare("INSERT OR REPLACE INTO backup_run VALUES (1, ?, ?, ?, ?, ?)")
      .run(dir, state, startedAt, endedAt ?? null, detail ?? null);
  }
}
