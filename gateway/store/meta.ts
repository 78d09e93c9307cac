/** Facts about the whole data directory, under the same MAC as every other row. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import type { Keyring } from "./keyring";

interface MetaRow {
  name: string;
  value: string;
  mac: Buffer;
}

export class Meta {
  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {}

  get(name: string): string | undefined {
    return this.db.prepare("SELECT value FROM meta WHERE name = ?").pluck().get(name) as string | undefined;
  }

  set(name: string, value: string): void {
    this.db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)").run(name, value, this.macOf(name, value));
  }

  /** @returns the names of rows that were altered */
  altered(): string[] {
    const rows = this.db.prepare("SELECT * FROM meta").all() as MetaRow[];
    return rows.filter((row) => !sameBytes(row.mac, this.macOf(row.name, row.value))).map((row) => row.name);
  }

  private macOf(name: string, value: string): Buffer {
    return this.keyring.mac(JSON.stringify(["meta", name, value]));
  }
}
