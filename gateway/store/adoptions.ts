/**
 * Files that the page, or a command beside the hub, wants adopted: each waits here until the process that writes has taken
 * it up, and what became of it stays for whoever asked. Killed at any point, it goes on where a file still waits.
 */
import type { Database } from "better-sqlite3";
import { openBeside } from "./directory";
import { StoreError } from "./errors";
import { openJson, sealJson } from "./findings/sealedjson";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface AdoptionRow extends Sealed {
  id: number;
  body: Buffer;
}

/** @typeParam Done what is told of a file that was adopted: those who read files know */
export interface AdoptionBody<Done> {
  /** Its copy's name. */
  file: string;
  /** Whose it becomes; nobody's when undefined. */
  person?: string;
  /** How often it was begun. */
  tries: number;
  done?: Done;
  refused?: { code: string; message: string };
}

export interface Adoption<Done> extends AdoptionBody<Done> {
  id: number;
}

const MAX_WAITING = 20;
/** Of those that have ended. */
const MAX_KEPT = 50;
const placeOf = (id: number) => `adoption ${id}`;

export class Adoptions<Done> {
  private readonly table: SealedTable<AdoptionRow>;

  private constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "adoptions", ["id", "body"], 1);
  }

  /** On a connection of its own. @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open<Done>(dataDir: string): Adoptions<Done> {
    const { db, keyring } = openBeside(dataDir, false);
    return new Adoptions(db, keyring);
  }

  close(): void {
    this.db.close();
  }

  /** @returns its number; @throws ADOPT_MANY */
  file(file: string, person: string | undefined): number {
    return this.db
      .transaction(() => {
        const all = this.all();
        if (all.filter(isWaiting).length >= MAX_WAITING)
          throw new StoreError(
            "ADOPT_MANY",
            `${MAX_WAITING} files wait already: add this one when they are in`,
          );
        for (const { id } of all.filter((one) => !isWaiting(one)).slice(0, -MAX_KEPT))
          this.db.prepare("DELETE FROM adoptions WHERE id = ?").run(id);
        const id = this.db.prepare("SELECT 1 + coalesce(max(id), 0) FROM adoptions").pluck().get() as number;
        this.table.insert({ id, body: this.seal(id, { file, person, tries: 0 }) });
        return id;
      })
      .immediate();
  }

  /** Oldest first. Of rows that somebody edited nothing is believed. */
  all(): Adoption<Done>[] {
    const rows = this.db.prepare("SELECT * FROM adoptions ORDER BY id").all() as AdoptionRow[];
    return rows
      .filter((row) => this.table.intact(row))
      .map(({ id, body }) => ({ id, ...(openJson(this.keyring, body, placeOf(id)) as AdoptionBody<Done>) }));
  }

  /** Those that have not ended. */
  waiting(): Adoption<Done>[] {
    return this.all().filter(isWaiting);
  }

  get(id: number): Adoption<Done> | undefined {
    return this.all().find((one) => one.id === id);
  }

  /** What became of it, or that it is begun once more. */
  tell({ id, ...body }: Adoption<Done>): void {
    this.table.update({ id, body: this.seal(id, body) });
  }

  private seal(id: number, body: AdoptionBody<Done>): Buffer {
    return sealJson(this.keyring, body, placeOf(id));
  }
}

function isWaiting({ done, refused }: AdoptionBody<unknown>): boolean {
  return done === undefined && refused === undefined;
}
