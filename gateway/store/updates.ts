/**
 * What handhelds are to be updated to, one row each, and how it gets on. Whoever owns them writes here from the page or a
 * command beside the hub, and so does the hub itself: each change is a transaction that reads first.
 */
import type { Database } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import type { UpdateState } from "../../protocol/update";
import { openBeside } from "./directory";
import { openJson, sealJson } from "./findings/sealedjson";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";

interface UpdateRow extends Sealed {
  device: Buffer;
  body: Buffer;
}

export const UPDATE_COLUMNS: (keyof UpdateRow & string)[] = ["device", "body"];

export interface Update {
  /** Of its ownership when it was asked for. */
  epoch: number;
  /** The release file: SHA-256 in hex. */
  release: string;
  counter: number;
  version: string;
  /** Of its image. */
  bytes: number;
  /** Whether it may restart: not yet, now or never, or as soon as it can. */
  swap: "no" | "once" | "ready";
  cancelled: boolean;
  /** It did not come up before: its owner wants another try. */
  again: boolean;
  /** An offer was sent: the handheld may know of it. */
  begun: boolean;
  /** A swap was answered with yes: what comes back is told by the new image, or by the old one. */
  swapped: boolean;
  /** Unix ms. */
  askedAt: number;
  /** What the handheld said last of it, and when. */
  state?: UpdateState;
  heardAt?: number;
  ended?: { how: UpdateEnd; at: number };
}

/**
 * How it ended. back: the new one did not come up. refused: `state` says why. owner, gone, maker: the handheld has another
 * ownership, the release is here no more, its maker is not believed any more.
 */
export type UpdateEnd = "installed" | "back" | "cancelled" | "refused" | "owner" | "gone" | "maker";

const placeOf = (device: string) => `update of ${device}`;

export class Updates {
  private readonly table: SealedTable<UpdateRow>;

  constructor(
    readonly db: Database,
    readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "updates", UPDATE_COLUMNS, 1);
  }

  /** On a connection of its own. @throws STORE_OPEN, STORE_OLDER, STORE_KEYRING_* */
  static open(dataDir: string): Updates {
    const { db, keyring } = openBeside(dataDir, false);
    return new Updates(db, keyring);
  }

  close(): void {
    this.db.close();
  }

  /** By device, its id in hex. Of rows that somebody edited nothing is believed. */
  all(): Map<string, Update> {
    const rows = this.db.prepare("SELECT * FROM updates").all() as UpdateRow[];
    return new Map(rows.filter((row) => this.table.intact(row)).map((row) => this.read(row)));
  }

  /** Releases that updates are in the middle of. */
  inUse(): string[] {
    return [...this.all().values()].flatMap(({ ended, release }) => (ended ? [] : release));
  }

  get(device: string): Update | undefined {
    return this.all().get(device);
  }

  /** In the place of whatever was there. */
  put(device: string, update: Update): void {
    const id = Buffer.from(device, "hex");
    this.db
      .transaction(() => {
        this.db.prepare("DELETE FROM updates WHERE device = ?").run(id);
        this.table.insert({ device: id, body: sealJson(this.keyring, update, placeOf(device)) });
      })
      .immediate();
  }

  /** Changes the one that goes on, as it stands on disk by now. @returns it, or undefined when none goes on */
  change(device: string, change: Partial<Update>): Update | undefined {
    return this.db
      .transaction(() => {
        const update = this.get(device);
        if (!update || update.ended) return undefined;
        const changed = { ...update, ...change };
        this.put(device, changed);
        return changed;
      })
      .immediate();
  }

  private read({ device, body }: UpdateRow): [string, Update] {
    const hex = toHex(device);
    return [hex, openJson(this.keyring, body, placeOf(hex)) as Update];
  }
}
