/**
 * A copy of a store's database, as backups and mirrors keep it. It takes rows within one transaction, and never one
 * that would leave it with less than it had.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { LeafType, leafType } from "../../protocol/leaves";
import { codeOf, StoreError } from "../store/errors";
import { checkSchema, migrate, strangeIn } from "../store/schema";
import { type FrameCopy, type Have, haveOf, keyText, keyValues, runsOf, type Value } from "./changes";
import { checkFiles, reserveFile } from "./files";
import { columnsOf, type Table, tableOf } from "./tables";

export function databaseOf(dir: string): string {
  return join(dir, "avnode.db");
}

interface State {
  key: number;
  id: string;
  device: Buffer;
  epoch: number;
  number: number;
  mk: Buffer;
  next: number;
  held: number;
}

export class Replica {
  private readonly columns = new Map<string, string[]>();
  /** In this transaction. */
  private erased: { key: number; id: string }[] = [];
  private readonly insertFrame: Database.Statement;
  private readonly stateOf: Database.Statement;

  private constructor(
    readonly db: Database.Database,
    private readonly dir: string,
  ) {
    this.insertFrame = db.prepare("INSERT INTO frames VALUES (?, ?, ?, ?)");
    this.stateOf = db.prepare(
      "SELECT key, id, device, epoch, number, mk, next, held FROM recordings WHERE key = ?",
    );
  }

  /**
   * Makes it where there is none.
   * @param said where errors say that it is: a restore opens a copy
   * @throws STORE_NEWER, BACKUP_FILE, BACKUP_JOURNAL, BACKUP_SCHEMA, BACKUP_DAMAGED, BACKUP_WRITE
   */
  static open(dir: string, said = dir): Replica {
    let db: Database.Database | undefined;
    try {
      checkFiles(dir);
      reserveFile(databaseOf(dir));
      db = new Database(databaseOf(dir));
      checkForm(db, said);
      // One file that is whole whenever nobody writes: a stick is pulled out without a word.
      db.pragma("journal_mode = DELETE");
      db.pragma("synchronous = EXTRA");
      // What is erased from the store must not stay behind here.
      db.pragma("secure_delete = ON");
      // Rows come in the order of the tables, removals in any.
      db.pragma("foreign_keys = OFF");
      migrate(db, () => {});
      return new Replica(db, dir);
    } catch (error) {
      db?.close();
      throw damaged(error, dir);
    }
  }

  /** Only to read. @throws STORE_NEWER, BACKUP_FILE, BACKUP_JOURNAL, BACKUP_SCHEMA, BACKUP_DAMAGED */
  static openToRead(dir: string): Database.Database {
    let db: Database.Database | undefined;
    try {
      checkFiles(dir);
      db = new Database(databaseOf(dir), { readonly: true, fileMustExist: true });
      checkForm(db, dir);
      checkSchema(db);
      return db;
    } catch (error) {
      db?.close();
      throw damaged(error, dir);
    }
  }

  static exists(dir: string): boolean {
    return existsSync(databaseOf(dir));
  }

  have(): Have {
    return haveOf(this.db);
  }

  runs(recording: number): ReturnType<typeof runsOf> {
    return runsOf(this.db, recording);
  }

  begin(): void {
    this.db.exec("BEGIN IMMEDIATE");
    this.erased = [];
  }

  /** @throws BACKUP_AHEAD for an erasure of which the log says nothing */
  commit(): void {
    const leaves = this.db.prepare("SELECT leaf FROM leaves WHERE recording = ?").pluck();
    for (const { key, id } of this.erased) {
      const said = (leaves.all(key) as Buffer[]).some((leaf) => leafType(leaf) === LeafType.erasure);
      if (!said) throw this.ahead(`recording ${id}, whose owner did not erase it`);
    }
    this.db.exec("COMMIT");
  }

  rollback(): void {
    if (this.db.inTransaction) this.db.exec("ROLLBACK");
  }

  close(): void {
    this.rollback();
    this.db.close();
  }

  /** @throws BACKUP_AHEAD when this copy has what the store that sends it has not */
  put(table: Table, values: Value[]): void {
    const columns = this.columnsOf(table);
    if (values.length !== columns.length)
      throw new StoreError(
        "BACKUP_TABLE",
        `a row of ${table.name} has ${values.length} columns, not ${columns.length}`,
      );
    if (table.name === "recordings") this.checkRecording(columns, values);
    if (table.name === "epochs") this.checkEpoch(columns, values);
    const marks = columns.map(() => "?").join();
    if (table.kind === "append") this.append(table, columns, values, marks);
    else
      this.db
        .prepare(`INSERT OR REPLACE INTO ${table.name} (${columns.join()}) VALUES (${marks})`)
        .run(...values);
  }

  /** @throws BACKUP_AHEAD */
  remove(table: Table, key: Value[]): void {
    if (!table.forgets) throw this.ahead(`${table.name} ${keyText(key)}`);
    const where = table.key.map((name) => `${name} = ?`).join(" AND ");
    this.db.prepare(`DELETE FROM ${table.name} WHERE ${where}`).run(...key);
  }

  /** A row that is not as any store sealed it; frames stay. @param key as text */
  giveUp(table: string, key: string): void {
    const where = tableOf(table).key.map((name) => `${name} = ?`);
    this.db.prepare(`DELETE FROM ${table} WHERE ${where.join(" AND ")}`).run(...keyValues(key));
  }

  /** @throws BACKUP_AHEAD for a place that holds another frame */
  frame(recording: number, { sequence, type, frame }: FrameCopy): void {
    try {
      this.insertFrame.run(recording, sequence, type, frame);
    } catch (error) {
      if (!codeOf(error).startsWith("SQLITE_CONSTRAINT")) throw error;
      throw this.ahead(`another frame ${sequence} of recording ${recording}`);
    }
  }

  private append(table: Table, columns: string[], values: Value[], marks: string): void {
    try {
      this.db.prepare(`INSERT INTO ${table.name} (${columns.join()}) VALUES (${marks})`).run(...values);
    } catch (error) {
      if (!codeOf(error).startsWith("SQLITE_CONSTRAINT")) throw error;
      const key = table.key.map((name) => values[columns.indexOf(name)]!);
      throw this.ahead(`another row ${keyText(key)} of ${table.name}`);
    }
  }

  private checkRecording(columns: string[], values: Value[]): void {
    const value = (name: string) => values[columns.indexOf(name)]!;
    const state = this.stateOf.get(value("key")) as State | undefined;
    if (!state) return;
    const moved =
      state.id !== value("id") ||
      state.epoch !== value("epoch") ||
      state.number !== value("number") ||
      !sameBytes(state.device, value("device") as Uint8Array);
    const erased = (value("mk") as Uint8Array).length === 0;
    const less = !erased && (state.mk.length === 0 || (value("held") as number) < state.held);
    // A recording's key is made once: another one opens none of its frames.
    const rekeyed = !erased && state.mk.length > 0 && !sameBytes(state.mk, value("mk") as Uint8Array);
    if (moved || less || rekeyed) throw this.ahead(`more of recording ${state.id}`);
    if (erased) {
      if (state.mk.length > 0) this.erased.push({ key: state.key, id: state.id });
      this.db.prepare("DELETE FROM frames WHERE recording = ?").run(value("key"));
      this.db.prepare("DELETE FROM quarantine WHERE recording = ?").run(value("key"));
    }
  }

  private checkEpoch(columns: string[], values: Value[]): void {
    const value = (name: string) => values[columns.indexOf(name)]!;
    const number = this.db
      .prepare("SELECT ck_number FROM epochs WHERE device = ? AND epoch = ?")
      .pluck()
      .get(value("device"), value("epoch")) as number | undefined;
    if (number !== undefined && number > (value("ck_number") as number))
      throw this.ahead(`recordings up to ${number - 1} of a handheld`);
  }

  private columnsOf(table: Table): string[] {
    let columns = this.columns.get(table.name);
    if (!columns) {
      columns = columnsOf(this.db, tableOf(table.name).name);
      this.columns.set(table.name, columns);
    }
    return columns;
  }

  private ahead(what: string): StoreError {
    return new StoreError(
      "BACKUP_AHEAD",
      `${this.dir} holds what this store has not (${what}), and would lose it. ` +
        "Keep it, and use another directory; if this store was restored from an older backup, restore from that one instead",
    );
  }
}

/** Before anything is read from it. @throws BACKUP_SCHEMA */
function checkForm(db: Database.Database, dir: string): void {
  db.pragma("trusted_schema = OFF");
  const strange = strangeIn(db);
  if (!strange) return;
  throw new StoreError(
    "BACKUP_SCHEMA",
    `the database in ${dir} has ${strange}, which no avnode made: it is altered, and is not used. ` +
      "Use another backup or a mirror, and make the next backup into an empty directory",
  );
}

function damaged(error: unknown, dir: string): unknown {
  const code = codeOf(error);
  if (!/^(SQLITE|E[A-Z]+$)/.test(code)) return error;
  const broken = /CORRUPT|NOTADB/.test(code);
  return new StoreError(
    broken ? "BACKUP_DAMAGED" : "BACKUP_WRITE",
    broken
      ? `${databaseOf(dir)} is damaged: ${(error as Error).message}. Use another backup, and another medium for the next one`
      : `cannot use ${databaseOf(dir)}: ${(error as Error).message}. Check that the medium is there, writable and has room`,
    { cause: error },
  );
}
