/** Who is logged in: sessions that end idle and in any case, and browsers that somebody logged in from before. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";
import type { PasswordRole } from "./passwords";
import { hashOf, newToken } from "./tokens";

export const IDLE_MS = 12 * 3600_000;
export const LIFE_MS = 7 * 24 * 3600_000;
export const BROWSER_MS = 90 * 24 * 3600_000;
/** How exactly it is noted when a session was last used. */
const SEEN_MS = 60_000;
/** Of each kind; the oldest goes. */
const MAX_ROWS = 256;

export interface Session {
  role: PasswordRole;
  token: string;
}

export class Sessions {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Always under a new token: one that was planted before the login opens nothing after it. */
  open(role: PasswordRole): Session {
    const token = newToken();
    const now = this.clock.now();
    this.prune(now);
    this.db.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?)").run(hashOf("session", token), role, now, now);
    this.bound("sessions");
    return { role, token };
  }

  find(token: string | undefined): Session | undefined {
    const hash = hashOf("session", token);
    if (!hash) return undefined;
    const now = this.clock.now();
    const row = this.db.prepare("SELECT role, created_at, seen_at FROM sessions WHERE hash = ?").get(hash) as
      | { role: PasswordRole; created_at: number; seen_at: number }
      | undefined;
    if (!row) return undefined;
    if (now - row.created_at >= LIFE_MS || now - row.seen_at >= IDLE_MS) {
      // Gone for good: a clock that is set back does not revive it.
      this.close(token);
      return undefined;
    }
    if (Math.abs(now - row.seen_at) >= SEEN_MS)
      this.db.prepare("UPDATE sessions SET seen_at = ? WHERE hash = ?").run(now, hash);
    return { role: row.role, token: token! };
  }

  close(token: string | undefined): void {
    const hash = hashOf("session", token);
    if (hash) this.db.prepare("DELETE FROM sessions WHERE hash = ?").run(hash);
  }

  /** @returns a token by which this browser's next login is told from a stranger's */
  knowBrowser(role: PasswordRole): string {
    const token = newToken();
    this.db
      .prepare("INSERT INTO browsers VALUES (?, ?, ?)")
      .run(hashOf("browser", token), role, this.clock.now());
    this.bound("browsers");
    return token;
  }

  /** @returns a name for it, when somebody logged in with it before as that, or as the owner */
  browser(token: string | undefined, role: PasswordRole): string | undefined {
    const hash = hashOf("browser", token);
    if (!hash) return undefined;
    const since = this.clock.now() - BROWSER_MS;
    const known = this.db
      .prepare("SELECT 1 FROM browsers WHERE hash = ? AND created_at > ? AND role IN ('owner', ?)")
      .get(hash, since, role);
    return known === undefined ? undefined : hash.toString("hex");
  }

  private prune(now: number): void {
    this.db
      .prepare("DELETE FROM sessions WHERE created_at <= ? OR seen_at <= ?")
      .run(now - LIFE_MS, now - IDLE_MS);
    this.db.prepare("DELETE FROM browsers WHERE created_at <= ?").run(now - BROWSER_MS);
  }

  private bound(table: "sessions" | "browsers"): void {
    this.db
      .prepare(
        `DELETE FROM ${table} WHERE hash IN (SELECT hash FROM ${table} ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ${MAX_ROWS})`,
      )
      .run();
  }
}
