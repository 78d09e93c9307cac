/** Erases what its owner asked for, on a store that runs, down to the pages that SQLite would have kept. */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock";
import { BUSY_MS } from "./directory";
import { askedErasures, eraseRecording, refuseErasure } from "./erase";
import { codeOf } from "./errors";
import type { Keyring } from "./keyring";
import type { Log } from "./log";
import type { RecordingRow } from "./recordings";

export interface ErasedFrom {
  /** Before: what waits is committed, and memory is no longer believed. */
  settle(): void;
  /** Within the transaction. @param row as it is now */
  erased(row: RecordingRow): void;
  /** After the commit. @param row undefined for one that was erased before */
  done(row: RecordingRow | undefined): void;
}

export class Eraser {
  private walHoldsErased = false;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly store: ErasedFrom,
  ) {}

  /** @param recording key of its row; @throws STORE_ALTERED; errors of SQLite */
  erase(recording: number): void {
    this.store.settle();
    const erase = this.db.transaction(() => {
      const row = eraseRecording(this.db, this.keyring, recording, this.clock.now());
      if (row) this.store.erased(row);
      return row;
    });
    this.store.done(erase.immediate());
    this.log.info({ recording }, "erased a recording, as its owner asked");
    this.walHoldsErased = true;
    this.truncateWal();
  }

  /** What processes beside this one asked for. @throws errors of SQLite */
  eraseAsked(): void {
    for (const recording of askedErasures(this.db)) {
      try {
        this.erase(recording);
      } catch (error) {
        refuseErasure(this.db, recording, codeOf(error));
        this.log.error({ recording, code: codeOf(error) }, `cannot erase: ${(error as Error).message}`);
      }
    }
    if (this.walHoldsErased) this.truncateWal();
  }

  /** What was erased still stands in the write-ahead log until that is emptied; a reader beside us may keep it for a while. */
  private truncateWal(): void {
    // Receipts do not wait for that reader.
    this.db.pragma("busy_timeout = 0");
    try {
      const [{ busy }] = this.db.pragma("wal_checkpoint(TRUNCATE)") as [{ busy: number }];
      this.walHoldsErased = busy !== 0;
    } finally {
      this.db.pragma(`busy_timeout = ${BUSY_MS}`);
    }
  }
}
