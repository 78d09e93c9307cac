/**
 * What a station knows of every unit, by its chip's serial number: how far it is, who it became, and, sealed, its secrets
 * until it is verified. A unit that comes back is finished by it, and never gets a second identity.
 */
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { reserveSecret } from "../../gateway/store/secretfile";
import { FactoryFailure } from "./failure";
import { beginLog, LOG_FORM } from "./log";
import { wayOf } from "./ports/port";
import { placesOf, type Station } from "./station";

/** "avfa" */
const APPLICATION_ID = 0x61766661;
const BUSY_MS = 5000;

const FORM = `
-- state: as below. tests: the self-test's report, JSON. secrets: claim code and signing seed, sealed; NULL once verified.
CREATE TABLE units (
  chip TEXT PRIMARY KEY, hint TEXT, state TEXT NOT NULL, device BLOB UNIQUE, number INTEGER UNIQUE,
  serial TEXT UNIQUE, certificate BLOB, firmware BLOB, secrets BLOB, tests TEXT, changed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX units_by_hint ON units (hint) WHERE hint IS NOT NULL;
${LOG_FORM}`;

export type UnitState =
  /** Whatever its flash holds. */
  | "found"
  /** Erased and tested: its flash holds nothing but what this station wrote since. */
  | "tested"
  /** The boot code may be there: silent, or not. */
  | "locking"
  /** Its boot code was read back: silent from its restart on. */
  | "sealed"
  /** Seen to be silent. */
  | "locked"
  /** Done; no secret of it is left here. */
  | "passed";

/** In which a unit has its boot code, or may have it. */
export const SILENCED: UnitState[] = ["locking", "sealed", "locked"];

export interface UnitRow {
  chip: string;
  /** See OpenWire.hint. */
  hint: string | null;
  state: UnitState;
  device: Buffer | null;
  number: number | null;
  serial: string | null;
  certificate: Buffer | null;
  /** SHA-256 of the application that the certificate names. */
  firmware: Buffer | null;
  secrets: Buffer | null;
  tests: string | null;
  changed_at: number;
}

/** What a unit becomes. */
export type Reserved = Required<{
  [K in "device" | "serial" | "certificate" | "firmware"]: NonNullable<UnitRow[K]>;
}> & { number: number; secrets: Buffer };

function open(path: string, readonly: boolean): Database.Database {
  try {
    if (!readonly) reserveSecret(path);
    const db = new Database(path, { readonly, fileMustExist: true, timeout: BUSY_MS });
    db.pragma("synchronous = FULL");
    db.pragma("trusted_schema = OFF");
    return db;
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_JOURNAL",
      `cannot open ${path}: ${(cause as Error).message}. Check that it exists and is yours`,
      { cause },
    );
  }
}

export function createJournal(dir: string, station: Station): void {
  const { journal } = placesOf(dir);
  if (existsSync(journal))
    throw new FactoryFailure(
      "FACTORY_STATION_EXISTS",
      `${dir} is a station already, and its journal knows its units. Name another folder`,
    );
  reserveSecret(journal);
  const db = open(journal, false);
  db.pragma("journal_mode = WAL");
  db.transaction(() => {
    db.exec(FORM);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    beginLog(db, station);
  })();
  db.close();
}

/** To read beside a station that runs. @throws FACTORY_JOURNAL */
export function openJournalToRead(dir: string): Database.Database {
  return checked(open(placesOf(dir).journal, true));
}

function checked(db: Database.Database): Database.Database {
  if (db.pragma("application_id", { simple: true }) === APPLICATION_ID) return db;
  const { name } = db;
  db.close();
  throw new FactoryFailure(
    "FACTORY_JOURNAL",
    `${name} is no journal of a station. Bring back the one that was there`,
  );
}

export class Journal {
  readonly db: Database.Database;

  /** @throws FACTORY_JOURNAL */
  constructor(dir: string) {
    this.db = checked(open(placesOf(dir).journal, false));
    this.db.pragma("journal_mode = WAL");
    // What is erased must not linger in pages that are free.
    this.db.pragma("secure_delete = ON");
  }

  /**
   * Makes a row for a chip that was never here. What its first connection told of it stays, until it comes another way: by
   * cable, over the air or over a network. Then its identity is given up: what went in the clear is no secret to lock it with
   * by cable, and elsewhere anybody may name its chip and ask for what went by cable.
   */
  meet(chip: string, hint: string | undefined, now: number): UnitRow {
    return this.db
      .transaction(() => {
        const before = this.unit(chip);
        const isAnotherWay = wayOf(before?.hint) !== wayOf(hint);
        const told = isAnotherWay ? hint : (before?.hint ?? hint);
        this.db
          .prepare(
            `INSERT INTO units (chip, hint, state, changed_at) VALUES (?, ?, 'found', ?)
             ON CONFLICT DO UPDATE SET hint = excluded.hint`,
          )
          .run(chip, told ?? null, now);
        return before && isAnotherWay && before.state !== "passed"
          ? this.giveUp(chip, now)
          : this.unit(chip)!;
      })
      .immediate();
  }

  /** Units that have their boot code, or may have it, and have not passed. */
  silenced(): UnitRow[] {
    const states = SILENCED.map(() => "?").join();
    return this.db.prepare(`SELECT * FROM units WHERE state IN (${states})`).all(SILENCED) as UnitRow[];
  }

  unit(chip: string): UnitRow | undefined {
    return this.db.prepare("SELECT * FROM units WHERE chip = ?").get(chip) as UnitRow | undefined;
  }

  /** The only unit that a connection told so of; undefined where two share it. */
  byHint(hint: string): UnitRow | undefined {
    const rows = this.db.prepare("SELECT * FROM units WHERE hint = ? LIMIT 2").all(hint) as UnitRow[];
    return rows.length === 1 ? rows[0] : undefined;
  }

  byDevice(device: Uint8Array): UnitRow | undefined {
    return this.db.prepare("SELECT * FROM units WHERE device = ?").get(device) as UnitRow | undefined;
  }

  bySerial(serial: string): UnitRow | undefined {
    return this.db.prepare("SELECT * FROM units WHERE serial = ?").get(serial) as UnitRow | undefined;
  }

  /** Whether an identity was given to any unit. */
  knows(device: Uint8Array): boolean {
    return this.byDevice(device) !== undefined;
  }

  /** The next number that no unit has. */
  nextNumber(first: number): number {
    const last = this.db.prepare("SELECT max(number) FROM units").pluck().get() as number | null;
    return last === null ? first : last + 1;
  }

  setState(chip: string, state: UnitState, now: number): void {
    this.db.prepare("UPDATE units SET state = ?, changed_at = ? WHERE chip = ?").run(state, now, chip);
  }

  /** Erased, and tested with this report. */
  setTested(chip: string, tests: string, now: number): UnitRow {
    this.db
      .prepare("UPDATE units SET state = 'tested', tests = ?, changed_at = ? WHERE chip = ?")
      .run(tests, now, chip);
    return this.unit(chip)!;
  }

  /**
   * What was given to this chip may lock another one that said the same serial: nobody gets it again. Its number stays
   * taken.
   */
  giveUp(chip: string, now: number): UnitRow {
    this.db
      .prepare(
        `UPDATE units SET state = 'found', device = NULL, serial = NULL, certificate = NULL, firmware = NULL,
         secrets = NULL, tests = NULL, changed_at = ? WHERE chip = ?`,
      )
      .run(now, chip);
    return this.unit(chip)!;
  }

  /** On disk when this returns, before the unit hears of it. A unit that has an identity keeps it. */
  reserve(chip: string, reserved: Reserved, now: number): void {
    const { changes } = this.db
      .prepare(
        `UPDATE units SET device = @device, number = @number, serial = @serial, certificate = @certificate,
         firmware = @firmware, secrets = @secrets, changed_at = @now
         WHERE chip = @chip AND (device IS NULL OR device = @device) AND state <> 'passed'`,
      )
      .run({ ...reserved, chip, now });
    if (changes !== 1) throw new Error(`chip ${chip} has an identity already`);
  }

  /** Within the caller's transaction. */
  pass(chip: string, now: number): void {
    this.db
      .prepare("UPDATE units SET state = 'passed', secrets = NULL, changed_at = ? WHERE chip = ?")
      .run(now, chip);
  }

  /** What was erased leaves the write-ahead log, too. */
  settle(): void {
    this.db.pragma("wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    this.settle();
    this.db.close();
  }
}
