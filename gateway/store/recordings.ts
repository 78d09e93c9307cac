/** The state of each recording: what is held, what is missing, and its key. */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import { chainStart } from "../../protocol/chain";
import type { BlockShape } from "../../protocol/codec/block";
import type { Crypto } from "../../protocol/crypto";
import type { Device, Devices, Epoch } from "./devices";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { type Sealed, SealedTable } from "./rows";
import type { Runs } from "./runs";

/** What is wrong with a recording although every frame of it is the handheld's. */
export const RecordingFlag = { malformed: 1, conflict: 2, afterClose: 4 };

export interface RecordingRow extends Sealed {
  key: number;
  /** First 8 bytes of the chain's start in hex: random to look at, so that a few characters name a recording. */
  id: string;
  device: Buffer;
  epoch: number;
  number: number;
  mk: Buffer;
  /** One more than the highest sequence that is held or declared lost. */
  next: number;
  held: number;
  closed_at: number | null;
  /** End of the furthest block or gap, per lead. */
  samples: number;
  missing: string;
  gaps: string;
  flags: number;
  person: number | null;
  first_at: number | null;
  last_at: number | null;
}

export const RECORDING_COLUMNS: (keyof RecordingRow & string)[] = [
  "key",
  "id",
  "device",
  "epoch",
  "number",
  "mk",
  "next",
  "held",
  "closed_at",
  "samples",
  "missing",
  "gaps",
  "flags",
  "person",
  "first_at",
  "last_at",
];

export interface Recording {
  row: RecordingRow;
  device: Device;
  /** Empty once the recording is erased. */
  key: Uint8Array;
  /** Sequences below next that are asked for again. */
  missing: Runs;
  /** Samples declared lost. */
  gaps: Runs;
  /** From the open frame; null while that is not here, undefined while nobody looked. */
  shape?: BlockShape | null;
}

/** Whether its owner had its key and its frames destroyed. */
export function isErased(row: Pick<RecordingRow, "mk">): boolean {
  return row.mk.length === 0;
}

/** Recordings kept in memory between commits. */
const MAX_CACHED = 256;

export function recordingKeyPlace(device: Uint8Array, epoch: number, number: number): string {
  return `recording key of ${toHex(device)}/${epoch}/${number}`;
}

export class Recordings {
  private readonly table: SealedTable<RecordingRow>;
  private readonly selection: Statement;
  private cache = new Map<string, Recording>();
  private readonly changed = new Set<Recording>();
  private nextKey: number;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly crypto: Crypto,
    private readonly devices: Devices,
  ) {
    this.table = new SealedTable(db, keyring, "recordings", RECORDING_COLUMNS, 1);
    this.selection = db.prepare("SELECT * FROM recordings WHERE device = ? AND epoch = ? AND number = ?");
    this.nextKey = this.firstFreeKey();
  }

  /** @throws STORE_ALTERED, STORE_SECRET for a row that was edited: a receipt must not follow from it */
  find(device: Device, epoch: number, number: number): Recording | undefined {
    const place = `${device.hex}/${epoch}/${number}`;
    const cached = this.cache.get(place);
    if (cached) return cached;
    const row = this.selection.get(device.row.id, epoch, number) as RecordingRow | undefined;
    if (!row) return undefined;
    if (!this.table.intact(row)) {
      throw new StoreError(
        "STORE_ALTERED",
        `the row of recording ${row.id} was altered: it gets no receipt. Run 'avnode verify', then restore a backup`,
      );
    }
    const recording: Recording = {
      row,
      device,
      key: isErased(row) ? row.mk : this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, epoch, number)),
      missing: JSON.parse(row.missing),
      gaps: JSON.parse(row.gaps),
    };
    this.cache.set(place, recording);
    return recording;
  }

  /** Makes rows up to `number`, whose key a tag has just proven; the ones skipped wait for their frames. */
  begin(device: Device, epoch: Epoch, number: number): Recording {
    for (let n = epoch.ratchet.number; n <= number; n++) {
      const key = epoch.ratchet.recordingKey(n);
      const place = recordingKeyPlace(device.row.id, epoch.row.epoch, n);
      const start = chainStart(this.crypto, device.row.id, epoch.row.epoch, n, key);
      this.table.insert({
        key: this.nextKey++,
        id: toHex(start.subarray(0, 8)),
        device: device.row.id,
        epoch: epoch.row.epoch,
        number: n,
        mk: this.keyring.wrap(key, place),
        next: 0,
        held: 0,
        closed_at: null,
        samples: 0,
        missing: "[]",
        gaps: "[]",
        flags: 0,
        person: device.row.person,
        first_at: null,
        last_at: null,
      });
      epoch.row.recordings++;
    }
    this.devices.advance(epoch, number + 1);
    return this.find(device, epoch.row.epoch, number)!;
  }

  /** The open frame of the nearest later recording whose open frame is here. @throws as find does */
  openAfter({ device, row }: Recording): { recording: Recording; frame: Buffer } | undefined {
    const next = this.db
      .prepare(
        `SELECT number, frame FROM recordings JOIN frames ON recording = key AND sequence = 0
         WHERE device = ? AND epoch = ? AND number > ? ORDER BY number LIMIT 1`,
      )
      .get(row.device, row.epoch, row.number) as { number: number; frame: Buffer } | undefined;
    return next && { recording: this.find(device, row.epoch, next.number)!, frame: next.frame };
  }

  /** Whether frames are here of a recording behind number `after` and before this one. */
  anyBetween(after: number, { row }: Recording): boolean {
    const found = this.db
      .prepare(
        `SELECT 1 FROM recordings WHERE device = ? AND epoch = ? AND number > ? AND number < ?
         AND EXISTS (SELECT 1 FROM frames WHERE recording = key) LIMIT 1`,
      )
      .get(row.device, row.epoch, after, row.number);
    return found !== undefined;
  }

  touch(recording: Recording): void {
    this.changed.add(recording);
  }

  /** What changed since the last transaction on disk. */
  touched(): Iterable<Recording> {
    return this.changed;
  }

  /** Writes what changed, within the caller's transaction. */
  save(): void {
    for (const recording of this.changed) {
      recording.row.missing = JSON.stringify(recording.missing);
      recording.row.gaps = JSON.stringify(recording.gaps);
      this.table.update(recording.row);
    }
  }

  /** After the transaction of `save` is on disk. */
  saved(): void {
    this.changed.clear();
    if (this.cache.size <= MAX_CACHED) return;
    this.cache = new Map([...this.cache].slice(-MAX_CACHED / 2));
  }

  /** Takes what is on disk for true, after a commit that failed. */
  reload(): void {
    this.cache.clear();
    this.changed.clear();
    this.nextKey = this.firstFreeKey();
  }

  private firstFreeKey(): number {
    return this.db.prepare("SELECT coalesce(max(key), 0) + 1 FROM recordings").pluck().get() as number;
  }
}
