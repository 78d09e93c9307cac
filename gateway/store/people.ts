/**
 * Whose recordings they are. A person's first name here stays in its row under a MAC, for leaves of the log commit to it;
 * what she is called since, and what else is noted of her, is sealed beside it.
 */
import type { Database } from "better-sqlite3";
import { StoreError } from "./errors";
import { openJson, sealJson } from "./findings/sealedjson";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface PersonRow extends Sealed {
  id: number;
  name: string;
}

interface DetailRow extends Sealed {
  person: number;
  body: Buffer;
}

export const DETAIL_COLUMNS: (keyof DetailRow & string)[] = ["person", "body"];

export interface PersonDetails {
  name: string;
  /** YYYY-MM-DD */
  birthDate?: string;
  contact?: string;
}

export interface PersonInfo extends PersonDetails {
  id: number;
}

const MAX_PEOPLE = 1000;
const detailPlace = (person: number) => `details of person ${person}`;

export class People {
  private readonly table: SealedTable<PersonRow>;
  private readonly details: SealedTable<DetailRow>;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "people", ["id", "name"], 1);
    this.details = new SealedTable(db, keyring, "details", DETAIL_COLUMNS, 1);
  }

  /** Within the caller's transaction, which adds the person if nobody has that name. */
  idOf(name: string): number {
    const known = this.all().find((row) => this.table.intact(row) && this.infoOf(row).name === name);
    return known?.id ?? this.insert(name);
  }

  /** By name. */
  list(): PersonInfo[] {
    return this.all()
      .map((row) => this.infoOf(row))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
  }

  /** What she is called. */
  nameOf(id: number): string | undefined {
    const row = this.db.prepare("SELECT * FROM people WHERE id = ?").get(id) as PersonRow | undefined;
    return row && this.infoOf(row).name;
  }

  /** Within the caller's transaction. @throws PERSON_NAME, PERSON_MANY */
  add(details: PersonDetails): PersonInfo {
    this.requireFree(details.name);
    if (this.all().length >= MAX_PEOPLE)
      throw new StoreError("PERSON_MANY", `there are ${MAX_PEOPLE} persons already`);
    const id = this.insert(details.name);
    this.note(id, details);
    return { id, ...details };
  }

  /** Within the caller's transaction. @throws PERSON_NAME, PERSON_UNKNOWN */
  change(id: number, details: PersonDetails): PersonInfo {
    this.require(id);
    this.requireFree(details.name, id);
    this.note(id, details);
    return { id, ...details };
  }

  /** @throws PERSON_UNKNOWN */
  require(id: number): void {
    if (!this.db.prepare("SELECT 1 FROM people WHERE id = ?").get(id))
      throw new StoreError("PERSON_UNKNOWN", `no person ${id} here`);
  }

  /** @returns the ids of rows that are as this store wrote them, and of those that are not */
  check(): { intact: Set<number>; altered: number[] } {
    const rows = this.all();
    const notes = this.db.prepare("SELECT * FROM details").all() as DetailRow[];
    const edited = notes.filter((row) => !this.details.intact(row)).map(({ person }) => person);
    const intact = rows.filter((row) => this.table.intact(row) && !edited.includes(row.id));
    const ids = new Set(intact.map((row) => row.id));
    return { intact: ids, altered: rows.map((row) => row.id).filter((id) => !ids.has(id)) };
  }

  private insert(name: string): number {
    const id = 1 + Math.max(0, ...this.all().map((row) => row.id));
    this.table.insert({ id, name });
    return id;
  }

  private note(person: number, details: PersonDetails): void {
    const row = { person, body: sealJson(this.keyring, details, detailPlace(person)) };
    if (this.detailOf(person)) this.details.update(row);
    else this.details.insert(row);
  }

  private requireFree(name: string, but?: number): void {
    if (this.list().some((one) => one.id !== but && one.name === name))
      throw new StoreError("PERSON_NAME", "another person here has that name: add what tells the two apart");
  }

  /** Of details that somebody edited nothing is believed. */
  private infoOf({ id, name }: PersonRow): PersonInfo {
    const row = this.detailOf(id);
    if (!row || !this.details.intact(row)) return { id, name };
    return { id, ...(openJson(this.keyring, row.body, detailPlace(id)) as PersonDetails) };
  }

  private detailOf(person: number): DetailRow | undefined {
    return this.db.prepare("SELECT * FROM details WHERE person = ?").get(person) as DetailRow | undefined;
  }

  private all(): PersonRow[] {
    return this.db.prepare("SELECT * FROM people").all() as PersonRow[];
  }
}
