/** Erasure of a recording by its owner: its key and its frames are destroyed, its row and the log stay. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { receiptKey } from "../../protocol/keys";
import { nodeCrypto as crypto } from "../crypto";
import { rootPlace } from "./claims";
import { type EpochRow, receiptKeyPlace } from "./devices";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { isErased, RECORDING_COLUMNS, type RecordingRow } from "./recordings";
import { SealedTable } from "./rows";

/** `by` of a row in `erased`: filed by a process beside the one that writes, and done. */
const ASKED = "asked";
const OWNER = "owner";
const REFUSED = "refused: ";

/** Asks the process that writes to erase it. */
export function fileErasure(db: Database, id: string, at: number): void {
  db.prepare(
    `INSERT INTO erased SELECT key, ?, '${ASKED}' FROM recordings WHERE id = ?
     ON CONFLICT DO UPDATE SET by = '${ASKED}', at = excluded.at WHERE by <> '${OWNER}'`,
  ).run(at, id);
}

/** So that it is not tried for ever, and whoever asked learns why. @param code of the error */
export function refuseErasure(db: Database, recording: number, code: string): void {
  db.prepare("UPDATE erased SET by = ? WHERE recording = ?").run(REFUSED + code, recording);
}

/** Why an erasure that was asked for was refused. */
export function erasureRefused(db: Database, recording: number): string | undefined {
  const by = db.prepare("SELECT by FROM erased WHERE recording = ?").pluck().get(recording) as
    | string
    | undefined;
  return by?.startsWith(REFUSED) ? by.slice(REFUSED.length) : undefined;
}

/** Unix ms of a recording's erasure, once it is done. */
export function erasedAt(db: Database, recording: number): number | undefined {
  const row = db
    .prepare("SELECT at FROM erased WHERE recording = ? AND by = ?")
    .pluck()
    .get(recording, OWNER);
  return row as number | undefined;
}

/** Rows of recordings whose erasure was asked for. */
export function askedErasures(db: Database): number[] {
  return db.prepare("SELECT recording FROM erased WHERE by = ?").pluck().all(ASKED) as number[];
}

/**
 * Destroys everything from which the recording could be read, within the caller's transaction.
 * @returns the row as it was, or undefined when it was erased before
 * @throws STORE_ALTERED when its row, or the chain key that must be past it, was edited
 */
export function eraseRecording(
  db: Database,
  keyring: Keyring,
  recording: number,
  at: number,
): RecordingRow | undefined {
  const table = new SealedTable<RecordingRow>(db, keyring, "recordings", RECORDING_COLUMNS, 1);
  const row = db.prepare("SELECT * FROM recordings WHERE key = ?").get(recording) as RecordingRow;
  if (isErased(row)) {
    db.prepare("UPDATE erased SET by = ? WHERE recording = ?").run(OWNER, recording);
    return undefined;
  }
  const epoch = db
    .prepare("SELECT * FROM epochs WHERE device = ? AND epoch = ?")
    .get(row.device, row.epoch) as EpochRow | undefined;
  if (!table.intact(row) || !epoch || epoch.ck_number <= row.number) {
    throw new StoreError(
      "STORE_ALTERED",
      `the rows of recording ${row.id} were altered: it is not erased. Run 'avnode verify', then restore a backup`,
    );
  }
  dropRoots(db, keyring, epoch);
  const erased = { ...row, mk: Buffer.alloc(0), missing: "[]" };
  table.update(erased);
  db.prepare("DELETE FROM frames WHERE recording = ?").run(recording);
  db.prepare("DELETE FROM quarantine WHERE recording = ?").run(recording);
  db.prepare("INSERT OR REPLACE INTO erased VALUES (?, ?, ?)").run(recording, at, OWNER);
  return erased;
}

/** A root that was offered and taken opens every recording of its ownership. */
function dropRoots(db: Database, keyring: Keyring, epoch: EpochRow): void {
  const rk = keyring.unwrap(epoch.rk, receiptKeyPlace(epoch));
  const offers = db.prepare("SELECT alias, root FROM offers").all() as { alias: Buffer; root: Buffer }[];
  for (const { alias, root } of offers) {
    const opened = keyring.unwrap(root, rootPlace(alias));
    if (sameBytes(receiptKey(crypto, opened), rk))
      db.prepare("DELETE FROM offers WHERE alias = ?").run(alias);
  }
}
