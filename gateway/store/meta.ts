/** Facts about the whole data directory, under the same MAC as every other row. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";

/** There from the making of a data directory on. */
const NAMES = ["since", "kind", "devices", "logs", "makers", "revocations"];

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

  /** @throws STORE_ALTERED unless the value before is ours: counting on from another would seal what somebody wrote */
  increment(name: string): void {
    if (this.altered().includes(name)) {
      throw new StoreError(
        "STORE_ALTERED",
        `the store's count of ${name} was altered: nothing is added to it. Run 'avnode verify', then restore a backup`,
      );
    }
    this.set(name, String(Number(this.get(name)) + 1));
  }

  /** @returns the names of rows that were altered or are gone */
  altered(): string[] {
    const rows = this.db.prepare("SELECT * FROM meta").all() as MetaRow[];
    const altered = rows.filter((row) => !sameBytes(row.mac, this.macOf(row.name, row.value)));
    const gone = NAMES.filter((name) => !rows.some((row) => row.name === name));
    return [...altered.map((row) => row.name), ...gone];
  }

  private macOf(name: string, value: string): Buffer {
    return this.keyring.mac(JSON.stringify(["meta", name, value]));
  }
}
