/**
 * What an owner wants told, and how far the telling has come: two sealed rows, on a connection of their own, so that a
 * command beside the hub writes them as the hub does. What is in them, those who tell know.
 */
import type { Database } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import { openBeside } from "./directory";
import { openJson, sealJson } from "./findings/sealedjson";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface AlertRow extends Sealed {
  id: number;
  body: Buffer;
}

export const ALERT_COLUMNS: (keyof AlertRow & string)[] = ["id", "body"];

/** The owner writes the first, the running hub the second. */
const IDS = { wanted: 1, told: 2 };
const placeOf = (id: number) => `alerts ${id}`;

interface Body<T> {
  value: T;
  /** Of the store that it was said to, in hex. */
  generation: string;
}

/** @typeParam Rows what each of the two holds */
export class AlertRows<Rows extends Record<keyof typeof IDS, unknown>> {
  private readonly table: SealedTable<AlertRow>;
  private readonly generation: string;

  private constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "alerts", ALERT_COLUMNS, 1);
    this.generation = toHex(keyring.generation);
  }

  /** @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open<Rows extends Record<keyof typeof IDS, unknown>>(dataDir: string): AlertRows<Rows> {
    const { db, keyring } = openBeside(dataDir, false);
    return new AlertRows<Rows>(db, keyring);
  }

  close(): void {
    this.db.close();
  }

  /** Of a row that somebody edited nothing is believed. */
  read<Which extends keyof Rows & keyof typeof IDS>(
    which: Which,
  ): { value: Rows[Which]; isRestored: boolean } | undefined {
    const row = this.row(which);
    if (!row || !this.table.intact(row)) return undefined;
    const { value, generation } = openJson(this.keyring, row.body, placeOf(row.id)) as Body<Rows[Which]>;
    return { value, isRestored: generation !== this.generation };
  }

  /**
   * In one transaction, for another process may write, too.
   * @param keepsGeneration what came out of a backup stays so
   */
  change<Which extends keyof Rows & keyof typeof IDS>(
    which: Which,
    to: (before: Rows[Which] | undefined) => Rows[Which],
    keepsGeneration = false,
  ): void {
    const run = () => {
      const before = this.row(which);
      const read = this.read(which);
      const value = to(read?.value);
      const generation = read?.isRestored && keepsGeneration ? "" : this.generation;
      const id = IDS[which];
      const row = { id, body: sealJson(this.keyring, { value, generation }, placeOf(id)) };
      if (before) this.table.update(row);
      else this.table.insert(row);
    };
    this.db.transaction(run).immediate();
  }

  private row(which: keyof typeof IDS): AlertRow | undefined {
    return this.db.prepare("SELECT * FROM alerts WHERE id = ?").get(IDS[which]) as AlertRow | undefined;
  }
}
