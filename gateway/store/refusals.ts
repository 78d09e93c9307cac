/** What was refused, by device and kind: counted on disk, told in the log once a minute. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";
import type { Log } from "./log";

/** Every kind with what its reader should know. */
export const REFUSALS = {
  "unknown-device": "from a handheld that this store never claimed",
  version: "of a protocol version that this avnode does not know",
  malformed: "that no handheld makes",
  epoch: "of another ownership of this handheld",
  "wrong-tag": "altered on the way, or sealed by another key",
  slowed: "not looked at, after too many with a wrong tag within a second",
  "recording-regressed": "of a recording number that was passed: is this handheld cloned or rolled back?",
  "leaf-regressed": "signed with a key that was passed: is this handheld cloned or rolled back?",
  "recording-too-far": "of a recording number far ahead",
  "after-close": "behind its recording's close",
  duplicate: "that is stored already",
  conflict: "for a place that holds another frame; it was put aside and the recording flagged",
  erased: "of a recording that its owner erased; the handheld may forget them",
  scattered: "that would leave too many holes; the handheld sends it again",
  "replayed-status": "a status that was seen before",
  "replayed-hello": "a hello that was seen before",
  "hello-flood": "hellos faster than anybody needs them",
  "claim-answer": "an answer to no claim of ours",
  certificate: "a certificate that its maker did not sign so",
  "other-maker":
    "a handheld of a maker that its owner has yet to compare with its paper: see 'avnode makers'",
  revoked: "a handheld that its maker revoked: see 'avnode revocations'",
  "simulated-refused": "a simulated handheld: only --demo and import take those",
  "real-refused": "a real handheld: demo and import directories take simulated ones only",
  "altered-store": "of a recording whose row in the database was altered: run 'avnode verify'",
  "by-handheld": "that the handheld refused, as its status tells: 'avnode devices' says of what kind",
  topic: "under a topic that nobody publishes to",
  envelope: "in an envelope that nobody makes",
  broker: "by the broker: nobody of ours publishes so",
  notification: "by the relay: bytes from the radio that no handheld sends",
  disk: "that could not be written down; handhelds send it again",
  internal: "that avnode failed over: please report the log line before this one",
};
export type RefusalKind = keyof typeof REFUSALS;

/** Every link repeats, and handhelds send again what was forgotten meanwhile. */
const ROUTINE: RefusalKind[] = ["duplicate", "erased"];
/** Not worth a warning, or told by who refused it with more to say. */
const QUIET: RefusalKind[] = [...ROUTINE, "topic", "envelope", "broker", "notification"];
/** Aliases that belong to nobody share one row. */
export const UNKNOWN_DEVICE = "unknown";
const WRITE_EVERY_MS = 1000;
const TELL_EVERY_MS = 60000;

/** Messages of one kind that were refused of one handheld. */
export interface RefusalInfo {
  /** Hex; undefined for handhelds that nobody claimed here. */
  device?: string;
  kind: string;
  count: number;
  /** Unix ms of the newest. */
  lastAt: number;
}

/** The newest first, without those that are routine. */
export function lastRefusals(db: Database, limit: number): RefusalInfo[] {
  const rows = db
    .prepare(
      `SELECT device, kind, count, last_at FROM refusals WHERE kind NOT IN (${ROUTINE.map(() => "?")})
       ORDER BY last_at DESC, device, kind LIMIT ?`,
    )
    .all(...ROUTINE, limit) as { device: string; kind: string; count: number; last_at: number }[];
  return rows.map(({ device, kind, count, last_at }) => ({
    device: device === UNKNOWN_DEVICE ? undefined : device,
    kind,
    count,
    lastAt: last_at,
  }));
}

interface Counter {
  device: string;
  kind: RefusalKind;
  unwritten: number;
  untold: number;
  toldAt: number;
}

/** Bounded: one counter per kind and claimed device. */
export class Refusals {
  private readonly counters = new Map<string, Counter>();
  private writtenAt = 0;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  count(device: string, kind: RefusalKind): void {
    const place = `${device}/${kind}`;
    let counter = this.counters.get(place);
    if (!counter) {
      counter = { device, kind, unwritten: 0, untold: 0, toldAt: Number.NEGATIVE_INFINITY };
      this.counters.set(place, counter);
    }
    counter.unwritten++;
    counter.untold++;
    const now = this.clock.now();
    if (QUIET.includes(kind) || Math.abs(now - counter.toldAt) < TELL_EVERY_MS) return;
    this.log.warn(
      { device, kind, count: counter.untold },
      `refused ${counter.untold} message${counter.untold === 1 ? "" : "s"} of ${device}: ${REFUSALS[kind]}`,
    );
    counter.untold = 0;
    counter.toldAt = now;
  }

  /** True when there is something to write and the last time is a second ago. */
  due(): boolean {
    if (Math.abs(this.clock.now() - this.writtenAt) < WRITE_EVERY_MS) return false;
    for (const counter of this.counters.values()) if (counter.unwritten > 0) return true;
    return false;
  }

  /** Within the caller's transaction. */
  save(): void {
    const add = this.db.prepare(
      `INSERT INTO refusals VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at`,
    );
    for (const { device, kind, unwritten } of this.counters.values()) {
      if (unwritten > 0) add.run(device, kind, unwritten, this.clock.now());
    }
  }

  /** After the transaction of `save` is on disk. */
  saved(): void {
    for (const counter of this.counters.values()) counter.unwritten = 0;
    this.writtenAt = this.clock.now();
  }
}
