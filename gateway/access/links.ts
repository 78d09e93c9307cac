/** Clinician links: each opens one recording, for a time, to whoever has its address. */
import { randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";
import { StoreError } from "../store/errors";
import { hashOf, newToken } from "./tokens";

/** Of those that the owner made, and apart from them of those that deliveries brought. */
const MAX_LINKS = 256;
const HOUR_MS = 3600_000;
const ID_BYTES = 8;

export interface Link {
  id: string;
  /** Its whole id. */
  recording: string;
  /** Id of whoever the recording belonged to: it opens nobody else's. */
  person: number;
  label?: string;
  /** Id of the delivery that brought it: it ends with that. */
  delivery?: number;
  /** Unix ms. */
  createdAt: number;
  expiresAt: number;
}

interface Row {
  id: string;
  recording: string;
  label: string | null;
  created_at: number;
  expires_at: number;
  person: number;
  delivery: number | null;
}

interface Wanted extends Pick<Link, "recording" | "person" | "label"> {
  hours: number;
  /** By a delivery, with 32 bytes that the token and the id are made of, so that it replaces the one before. */
  delivered?: { by: number; secret: Buffer };
}

export class Links {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    /** Whether what a delivery brought is still its recipient's. */
    private readonly lasts: (delivery: number) => boolean = () => true,
  ) {}

  /** @returns it and its token, which is told this once; @throws ACCESS_LINKS when there are too many */
  make({ recording, person, hours, label, delivered }: Wanted): Link & { token: string } {
    const now = this.clock.now();
    this.prune(now);
    const { by: delivery, secret } = delivered ?? {};
    const token = secret?.toString("base64url") ?? newToken();
    const id = secret ? hashOf("link id", token)!.toString("hex", 0, ID_BYTES) : newId();
    const count = this.db
      .prepare("SELECT count(*) FROM links WHERE id <> ? AND (delivery IS NULL) = ?")
      .pluck()
      .get(id, delivery === undefined ? 1 : 0) as number;
    if (count >= MAX_LINKS)
      throw new StoreError("ACCESS_LINKS", `there are ${count} links already. Revoke one that nobody needs`);
    const expiresAt = now + hours * HOUR_MS;
    this.db
      .prepare("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(id, hashOf("link", token), recording, label ?? null, now, expiresAt, person, delivery ?? null);
    return { id, recording, person, label, delivery, createdAt: now, expiresAt, token };
  }

  /** @returns undefined unless it is there and has not ended */
  find(token: string | undefined): Link | undefined {
    const hash = hashOf("link", token);
    if (!hash) return undefined;
    this.prune(this.clock.now());
    const row = this.db.prepare("SELECT * FROM links WHERE hash = ?").get(hash) as Row | undefined;
    return row && this.stillOpen([row])[0];
  }

  list(): Link[] {
    this.prune(this.clock.now());
    return this.stillOpen(this.db.prepare("SELECT * FROM links ORDER BY created_at, id").all() as Row[]);
  }

  /** @returns whether there was one */
  revoke(id: string): boolean {
    return this.db.prepare("DELETE FROM links WHERE id = ?").run(id).changes > 0;
  }

  private stillOpen(rows: Row[]): Link[] {
    return rows.map(linkOf).filter(({ delivery }) => delivery === undefined || this.lasts(delivery));
  }

  /** Gone for good: a clock that is set back does not revive them. */
  private prune(now: number): void {
    this.db.prepare("DELETE FROM links WHERE expires_at <= ?").run(now);
  }
}

const newId = () => randomBytes(ID_BYTES).toString("hex");

function linkOf(row: Row): Link {
  return {
    id: row.id,
    recording: row.recording,
    person: row.person,
    label: row.label ?? undefined,
    delivery: row.delivery ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
