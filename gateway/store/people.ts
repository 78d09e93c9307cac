/** Whose recordings they are: names, each under a MAC, so that a name exchanged behind the store's back shows. */
import type { Database } from "better-sqlite3";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface PersonRow extends Sealed {
  id: number;
  name: string;
}

export class People {
  private readonly table: SealedTable<PersonRow>;

  constructor(
    private readonly db: Database,
    keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "people", ["id", "name"], 1);
  }

  /** Within the caller's transaction, which adds the person if nobody has that name. */
  idOf(name: string): number {
    const rows = this.all();
    const known = rows.find((row) => row.name === name && this.table.intact(row));
    if (known) return known.id;
    const id = 1 + Math.max(0, ...rows.map((row) => row.id));
    this.table.insert({ id, name });
    return id;
  }

  /** @returns the ids of rows that are as this store wrote them, and of those that are not */
  check(): { intact: Set<number>; altered: number[] } {
    const rows = this.all();
    const intact = rows.filter((row) => this.table.intact(row)).map((row) => row.id);
    return {
      intact: new Set(intact),
      altered: rows.map((row) => row.id).filter((id) => !intact.includes(id)),
    };
  }

  private all(): PersonRow[] {
    return this.db.prepare("SELECT * FROM people").all() as PersonRow[];
  }
}
