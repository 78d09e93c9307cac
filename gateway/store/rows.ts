/** Tables whose rows carry a MAC over all their columns, so that an edit behind the store's back shows in verify. */
import type { Database, Statement } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import type { Keyring } from "./keyring";

export interface Sealed {
  mac?: Buffer;
}

export class SealedTable<Row extends Sealed> {
  private readonly insertion: Statement;
  private readonly updating: Statement;

  /** @param key as many of the first columns as make the primary key */
  constructor(
    db: Database,
    private readonly keyring: Keyring,
    readonly name: string,
    private readonly columns: (keyof Row & string)[],
    key: number,
  ) {
    const all = [...columns, "mac"];
    this.insertion = db.prepare(
      `INSERT INTO ${name} (${all.join()}) VALUES (${all.map((c) => `@${c}`).join()})`,
    );
    const changes = all.slice(key).map((c) => `${c} = @${c}`);
    const where = columns.slice(0, key).map((c) => `${c} = @${c}`);
    this.updating = db.prepare(`UPDATE ${name} SET ${changes.join()} WHERE ${where.join(" AND ")}`);
  }

  insert(row: Row): void {
    row.mac = this.macOf(row);
    this.insertion.run(row);
  }

  update(row: Row): void {
    row.mac = this.macOf(row);
    this.updating.run(row);
  }

  intact(row: Row): boolean {
    return sameBytes(row.mac!, this.macOf(row));
  }

  private macOf(row: Row): Buffer {
    const values = this.columns.map((column) => {
      const value: unknown = row[column];
      return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
    });
    return this.keyring.mac(JSON.stringify([this.name, values]));
  }
}
