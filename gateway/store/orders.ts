/**
 * What an owner tells a handheld by a command beside the running hub: the newest for each, which the hub says to it and
 * answers here. Rows carry a MAC, so that who can edit the file alone tells no handheld anything.
 */
import type { Database } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import type { Command } from "../../protocol/command";
import { openBeside } from "./directory";
import { codeOf } from "./errors";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface OrderRow extends Sealed {
  device: Buffer;
  op: number;
  /** Of a start. */
  mode: number | null;
  /** Unix ms. */
  at: number;
  /** What the handheld's status says as its last command once it has carried it out; NULL until it was said. */
  said: number | null;
  /** Code of why it could not be said. */
  refused: string | null;
}

/** A recording has its mode's own length. */
export type Order = Pick<Command, "op" | "mode">;

/** Nobody waits for an older one any more, and a hub that starts must not end what began since. */
const MAX_AGE_MS = 10_000;

export class Orders {
  private readonly table: SealedTable<OrderRow>;

  constructor(
    private readonly db: Database,
    keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "orders", ["device", "op", "mode", "at", "said", "refused"], 1);
  }

  /** On a connection of its own. @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open(dataDir: string): Orders {
    const { db, keyring } = openBeside(dataDir, false);
    return new Orders(db, keyring);
  }

  close(): void {
    this.db.close();
  }

  /** In the place of whatever was there. @param device its id in hex */
  file(device: string, { op, mode }: Order, at: number): void {
    const id = Buffer.from(device, "hex");
    this.db
      .transaction(() => {
        this.db.prepare("DELETE FROM orders WHERE device = ?").run(id);
        this.table.insert({ device: id, op, mode: mode ?? null, at, said: null, refused: null });
      })
      .immediate();
  }

  /** What became of the newest one: neither while it waits. */
  outcome(device: string): { said?: number; refused?: string } {
    const row = this.db.prepare("SELECT * FROM orders WHERE device = ?").get(Buffer.from(device, "hex")) as
      | OrderRow
      | undefined;
    return { said: row?.said ?? undefined, refused: row?.refused ?? undefined };
  }

  /**
   * For the hub: says those that wait.
   * @param say as Store.command does
   * @throws errors of SQLite
   */
  carryOut(now: number, say: (device: string, command: Command) => number): void {
    const waiting = this.db
      .prepare("SELECT * FROM orders WHERE said IS NULL AND refused IS NULL AND abs(? - at) < ?")
      .all(now, MAX_AGE_MS) as OrderRow[];
    for (const row of waiting.filter((one) => this.table.intact(one))) {
      try {
        row.said = say(toHex(row.device), { op: row.op, mode: row.mode ?? undefined, seconds: 0 });
      } catch (error) {
        row.refused = codeOf(error);
      }
      this.table.update(row);
    }
  }
}
