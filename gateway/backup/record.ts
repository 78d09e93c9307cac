/** Notes in the store where its copies are, and how the newest attempt at each went. */
import { openBeside } from "../store/directory";

export interface Attempt {
  /** A directory, or a mirror's name. */
  place: string;
  /** backup, backup every N h, mirror */
  kind: string;
  /** Unix ms of what was copied, when it was. */
  at?: number;
  verified?: boolean;
  detail?: string;
  /** Why it did not succeed. */
  failed?: string;
}

/** Never throws: a note that cannot be written must not hide what it is about. */
export function recordBackup(dataDir: string, attempt: Attempt): void {
  try {
    const { db } = openBeside(dataDir, false);
    try {
      const now = Date.now();
      db.prepare(
        `INSERT INTO backups VALUES (@place, @kind, @at, @verified, @ok, @detail) ON CONFLICT (place) DO UPDATE SET
         kind = excluded.kind, at = excluded.at, ok = excluded.ok, detail = excluded.detail,
         verified_at = coalesce(excluded.verified_at, verified_at)`,
      ).run({
        place: attempt.place,
        kind: attempt.kind,
        at: attempt.at ?? now,
        verified: attempt.verified ? now : null,
        ok: attempt.failed === undefined ? 1 : 0,
        detail: attempt.failed ?? attempt.detail ?? "",
      });
    } finally {
      db.close();
    }
  } catch {}
}
