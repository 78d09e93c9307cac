/** What left the house, to whom and when: written down before it leaves. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";

/** One who asks again within so long is told as one. */
const SAME_MS = 3600_000;
/** The oldest go. */
const MAX_ROWS = 10_000;

export type EgressKind = "link" | "export" | "diagnostics" | "delivery" | "return" | "consent";

export interface Left {
  kind: EgressKind;
  /** To whom, as far as the hub knows. */
  to: string;
  /** Of whoever asked for it, or of a file on the hub's own machine. */
  address: string;
  recording?: string;
  detail?: string;
  /** Id of a clinician's link. */
  link?: string;
}

export interface LeftEntry extends Left {
  id: number;
  /** Unix ms of the first and the last of what is told as one, and how often it was. */
  at: number;
  until: number;
  count: number;
}

interface Row {
  id: number;
  kind: EgressKind;
  at: number;
  until: number;
  count: number;
  receiver: string;
  address: string;
  recording: string | null;
  detail: string | null;
  link: string | null;
}

export class Egress {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  tell(left: Left): void {
    const now = this.clock.now();
    const { kind, to: receiver, address, recording = null, detail = null, link = null } = left;
    const values = { kind, receiver, address, recording, detail, link, now };
    const same = this.db
      .prepare(
        `UPDATE egress SET until = @now, count = count + 1 WHERE id = (
           SELECT max(id) FROM egress WHERE kind = @kind AND receiver = @receiver AND address = @address
           AND recording IS @recording AND detail IS @detail AND link IS @link)
         AND abs(@now - at) < ${SAME_MS}`,
      )
      .run(values).changes;
    if (same > 0) return;
    this.db
      .prepare(
        "INSERT INTO egress VALUES (NULL, @kind, @now, @now, 1, @receiver, @address, @recording, @detail, @link)",
      )
      .run(values);
    this.db
      .prepare(
        `DELETE FROM egress WHERE id <= (SELECT id FROM egress ORDER BY id DESC LIMIT 1 OFFSET ${MAX_ROWS})`,
      )
      .run();
  }

  /** Newest first. @param before an entry's id: those older than it */
  list(limit: number, before = Number.MAX_SAFE_INTEGER): LeftEntry[] {
    const rows = this.db
      .prepare("SELECT * FROM egress WHERE id < ? ORDER BY id DESC LIMIT ?")
      .all(before, limit) as Row[];
    return rows.map(entryOf);
  }

  /** Of one recording by links, oldest first. */
  byLinks(recording: string): LeftEntry[] {
    const rows = this.db
      .prepare("SELECT * FROM egress WHERE kind = 'link' AND recording = ? ORDER BY id")
      .all(recording) as Row[];
    return rows.map(entryOf);
  }
}

function entryOf({ receiver: to, recording, detail, link, ...row }: Row): LeftEntry {
  return {
    ...row,
    to,
    recording: recording ?? undefined,
    detail: detail ?? undefined,
    link: link ?? undefined,
  };
}
