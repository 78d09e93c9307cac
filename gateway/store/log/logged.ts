/** Where each recording's newest leaf stands, and the walk that it ended with. */
import type { Database, Statement } from "better-sqlite3";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import { type Sealed, SealedTable } from "../rows";

export interface LoggedRow extends Sealed {
  recording: number;
  log: number;
  idx: number;
  /** 1 when that leaf is about the whole recording. */
  final: number;
  frames: number;
  chain: Buffer;
  samples: number;
  /** Runs as JSON. */
  lost: string;
}

export const LOGGED_COLUMNS: (keyof LoggedRow & string)[] = [
  "recording",
  "log",
  "idx",
  "final",
  "frames",
  "chain",
  "samples",
  "lost",
];

export class Logged {
  private readonly table: SealedTable<LoggedRow>;
  private readonly selection: Statement;

  constructor(db: Database, keyring: Keyring) {
    this.table = new SealedTable(db, keyring, "logged", LOGGED_COLUMNS, 1);
    this.selection = db.prepare("SELECT * FROM logged WHERE recording = ?");
  }

  /** @throws STORE_ALTERED for a row that was edited: a leaf must not follow from it */
  get(recording: number): LoggedRow | undefined {
    const row = this.selection.get(recording) as LoggedRow | undefined;
    if (row && !this.table.intact(row)) {
      throw new StoreError(
        "STORE_ALTERED",
        `the row of the log about recording ${recording} was altered. Run 'avnode verify', then restore a backup`,
      );
    }
    return row;
  }

  put(row: LoggedRow, isNew: boolean): void {
    if (isNew) this.table.insert(row);
    else this.table.update(row);
  }
}
