/** What somebody with root's powers over a data directory can do: SQL at hand, and every key of the hub. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { chainKeyPlace, EPOCH_COLUMNS, type EpochRow } from "../../../../gateway/store/devices";
import { Keyring } from "../../../../gateway/store/keyring";
import { LOG_COLUMNS, type LogRow } from "../../../../gateway/store/log/appender";
import { hubKey } from "../../../../gateway/store/log/hubkey";
import { Meta } from "../../../../gateway/store/meta";
import { RECORDING_COLUMNS, type RecordingRow } from "../../../../gateway/store/recordings";
import { SealedTable } from "../../../../gateway/store/rows";

export class Root {
  readonly db: Database.Database;
  private readonly keyring: Keyring;

  /** The store must be closed. */
  constructor(dataDir: string) {
    this.db = new Database(join(dataDir, "avnode.db"));
    this.db.pragma("foreign_keys = OFF");
    this.keyring = Keyring.load(dataDir);
  }

  row(key: number): RecordingRow {
    return this.db.prepare("SELECT * FROM recordings WHERE key = ?").get(key) as RecordingRow;
  }

  /** Writes a recording's row under a MAC that holds. */
  update(row: RecordingRow): void {
    new SealedTable<RecordingRow>(this.db, this.keyring, "recordings", RECORDING_COLUMNS, 1).update(row);
  }

  replaceFrames(key: number, frames: Uint8Array[]): void {
    this.db.prepare("DELETE FROM frames WHERE recording = ?").run(key);
    const insertion = this.db.prepare("INSERT INTO frames VALUES (?, ?, ?, ?)");
    for (const [sequence, frame] of frames.entries()) insertion.run(key, sequence, frame[0] & 15, frame);
  }

  /** As though the newest recording of a handheld had never been: its row, frames, number. */
  unmake(key: number): void {
    const { device, epoch, number } = this.row(key);
    for (const table of ["frames WHERE recording", "recordings WHERE key", "logged WHERE recording"])
      this.db.prepare(`DELETE FROM ${table} = ?`).run(key);
    const epochs = new SealedTable<EpochRow>(this.db, this.keyring, "epochs", EPOCH_COLUMNS, 2);
    const row = this.db
      .prepare("SELECT * FROM epochs WHERE device = ? AND epoch = ?")
      .get(device, epoch) as EpochRow;
    const chainKey = this.keyring.unwrap(row.ck, chainKeyPlace(row));
    const before = { ...row, ck_number: number, recordings: row.recordings - 1 };
    before.ck = this.keyring.wrap(chainKey, chainKeyPlace(before));
    epochs.update(before);
  }

  /** Forgets the log, so that the store itself makes another one of what is here, signed by the hub's own key. */
  forgetLog(): void {
    for (const table of ["logged", "checkpoints", "nodes", "leaves", "logs"])
      this.db.prepare(`DELETE FROM ${table}`).run();
    new Meta(this.db, this.keyring).set("logs", "0");
  }

  /** A log of the present generation that never was, without a leaf. */
  inventLog(): void {
    const log = { id: 1, origin: hubKey(this.keyring).origin, began_at: Date.now(), size: 0 };
    this.logs().insert(log);
    new Meta(this.db, this.keyring).set("logs", "1");
  }

  /** As though its leaves from that one on had never been. */
  cutLog(log: number, size: number): void {
    const row = this.db.prepare("SELECT * FROM logs WHERE id = ?").get(log) as LogRow;
    this.db.prepare("DELETE FROM logged WHERE log = ? AND idx >= ?").run(log, size);
    this.db.prepare("DELETE FROM leaves WHERE log = ? AND idx >= ?").run(log, size);
    this.db.prepare("DELETE FROM nodes WHERE log = ? AND (idx + 1) << level > ?").run(log, size);
    this.db.prepare("DELETE FROM checkpoints WHERE log = ? AND size > ?").run(log, size);
    this.logs().update({ ...row, size });
  }

  /** Another generation, as after a restore: the store begins another log. */
  renew(dataDir: string): void {
    this.keyring.amend(dataDir, { generation: Buffer.alloc(8, 9) });
  }

  private logs(): SealedTable<LogRow> {
    return new SealedTable<LogRow>(this.db, this.keyring, "logs", LOG_COLUMNS, 1);
  }

  done(): void {
    this.db.close();
  }
}
