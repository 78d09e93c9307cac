/** Group commit: messages wait a few milliseconds, one transaction takes them all, and only then anybody hears of it. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";
import { codeOf } from "./errors";
import type { Log } from "./log";

export interface CommitOptions {
  /** Commit when so many wait, … */
  frames: number;
  /** … or when the first has waited so long. */
  delayMs: number;
}

export interface Health {
  ok: boolean;
  /** SQLite's code of the failure that lasts, and since when (Unix ms). */
  reason?: string;
  since?: number;
  /** Messages forgotten for want of disk; handhelds send them again. */
  forgotten: number;
}

/** How long a commit took, on a clock that only goes forward; ms. */
export interface CommitTimes {
  /** The transaction. */
  commitMs: number;
  /** For each message, from its arrival until the receipts behind the commit were handed on. */
  answeredMs: Float64Array;
}

export interface Work<Item> {
  /** Within the transaction. */
  write(batch: Item[]): void;
  /** After the commit. */
  done(): void;
  /** After a rollback: memory must follow the disk. */
  undo(): void;
  /** After `done`. */
  timed(times: CommitTimes): void;
}

/** Waiting messages at most; beyond it they are forgotten, and their handhelds send them again. */
const MAX_QUEUED = 4096;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30000;

export class Committer<Item> {
  readonly health: Health = { ok: true, forgotten: 0 };
  private queue: Item[] = [];
  /** When each of them came: measured, never decided by, so that no simulation depends on it. */
  private arrivals: number[] = [];
  private cancel?: () => void;
  private retryMs = FIRST_RETRY_MS;
  private closed = false;
  private readonly transact: (batch: Item[]) => void;

  constructor(
    db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly options: CommitOptions,
    private readonly work: Work<Item>,
  ) {
    this.transact = db.transaction((batch: Item[]) => work.write(batch)).immediate;
  }

  push(item: Item): void {
    if (this.queue.length >= MAX_QUEUED) {
      this.health.forgotten++;
      return;
    }
    this.queue.push(item);
    this.arrivals.push(performance.now());
    if (this.health.ok && this.queue.length >= this.options.frames) this.flush();
    else this.soon();
  }

  /** A commit will follow, even without a message. */
  soon(): void {
    if (this.closed) return;
    this.cancel ??= this.clock.after(this.health.ok ? this.options.delayMs : this.retryMs, () =>
      this.flush(),
    );
  }

  /** Commits what waits. Never throws: a failure drops the batch, unreceipted, and is tried again later. */
  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    const { queue: batch, arrivals } = this;
    // An empty transaction would succeed on a full disk and prove nothing.
    if (!this.health.ok && batch.length === 0) return;
    this.queue = [];
    this.arrivals = [];
    const began = performance.now();
    try {
      this.transact(batch);
    } catch (error) {
      this.failed(error, batch.length);
      return;
    }
    const commitMs = performance.now() - began;
    if (!this.health.ok) this.recovered();
    try {
      this.work.done();
      const now = performance.now();
      this.work.timed({ commitMs, answeredMs: Float64Array.from(arrivals, (at) => now - at) });
    } catch (error) {
      // A defect behind the commit must not look like a failed one, nor stop the ones to come.
      this.log.error({ code: codeOf(error), error: (error as Error).stack }, "what follows a commit failed");
    }
  }

  close(): void {
    this.flush();
    this.closed = true;
    this.cancel?.();
  }

  private failed(error: unknown, lost: number): void {
    this.health.forgotten += lost;
    if (this.health.ok) {
      this.health.ok = false;
      this.health.reason = codeOf(error);
      this.health.since = this.clock.now();
      this.log.error(
        { code: codeOf(error), error: (error as Error).message },
        `cannot write to the store: ${(error as Error).message}. No receipts go out, handhelds keep their samples. ` +
          "Make room or repair the disk: avnode goes on by itself",
      );
    } else this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
    this.work.undo();
  }

  private recovered(): void {
    this.health.ok = true;
    this.health.reason = undefined;
    this.health.since = undefined;
    this.retryMs = FIRST_RETRY_MS;
    this.log.info(
      { forgotten: this.health.forgotten },
      "the store can be written again, receipts go out again",
    );
  }
}
