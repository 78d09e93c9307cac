/** Events as they stand on disk, opened. To open one costs many times what reading its row does. */
import type { Database } from "better-sqlite3";
import { fromHex, sameBytes } from "../../../protocol/bytes";
import type { Keyring } from "../keyring";
import { SealedTable } from "../rows";
import type { EventBody } from "./group";
import { EVENT_COLUMNS, type EventRow, eventBody } from "./rows";

export interface OpenedEvent {
  row: EventRow;
  body: EventBody;
}

export class OpenedEvents {
  private readonly table: SealedTable<EventRow>;
  /** By handheld and id, as of the last time that somebody asked for that handheld's. */
  private readonly kept = new Map<string, Map<number, OpenedEvent>>();

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "events", EVENT_COLUMNS, 1);
  }

  /** @param device in hex @returns by id; what was edited behind our back is left out, for verify to tell of */
  of(device: string): OpenedEvent[] {
    const rows = this.db
      .prepare("SELECT * FROM events WHERE device = ? ORDER BY id")
      .all(fromHex(device)) as EventRow[];
    const before = this.kept.get(device);
    const now = new Map<number, OpenedEvent>();
    for (const row of rows) {
      const known = before?.get(row.id);
      if (known && sameBytes(known.row.mac!, row.mac!) && sameBytes(known.row.body, row.body))
        now.set(row.id, known);
      else if (this.table.intact(row)) now.set(row.id, { row, body: eventBody(this.keyring, row) });
    }
    this.kept.set(device, now);
    return [...now.values()];
  }

  /** @param device in hex: nothing of its events stays in memory */
  letGo(device: string): void {
    this.kept.delete(device);
  }
}
