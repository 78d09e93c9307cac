/** Holds the store to its word after every event: what it says is stored is on disk, true, and there once. */
import { join } from "node:path";
import Database from "better-sqlite3";
import type { StoredFrame } from "../../../gateway/store/ingest";
import type { Store } from "../../../gateway/store/store";
import { fromHex } from "../../../protocol/bytes";
import { isRecorded } from "../../../protocol/header";
import type { Receipt } from "../../../protocol/receipt";
import { type Bounds, boundsOf } from "./bounds";
import type { Chronicle } from "./chronicle";
import type { Lifetime } from "./lifetime";
import { LogCheck } from "./logcheck";
import { digest, placeOf, type Truth } from "./truth";

/** Frames of one recording that were receipted: all below `floor`, and some beyond. */
interface Receipted {
  floor: number;
  beyond: Set<number>;
}

export class Watcher {
  /** By the recording's place. */
  private readonly receiptedOf = new Map<string, Receipted>();
  /** Messages of recorded kinds that reached the store and that no handheld sealed. */
  foreign = 0;
  receipts = 0;
  /** What the store's log told of each device, by kind: a store that is killed forgets counts, its log stays. */
  readonly told = new Map<string, Set<string>>();
  /** Times at which a store was opened. */
  opens = 0;
  readonly log: LogCheck;
  readonly peaks: Record<string, number> = {};
  private readonly storedPlaces = new Set<string>();
  private db: Database.Database | undefined;
  private epochOf: Database.Statement | undefined;
  private held: Database.Statement | undefined;
  private bounds: Bounds | undefined;

  constructor(
    private readonly dataDir: string,
    private readonly truth: Truth,
    private readonly chronicle: Chronicle,
  ) {
    this.log = new LogCheck(chronicle, truth);
  }

  /** A store runs (again): whatever was receipted before must be there. */
  opened(store: Store, life: Lifetime): void {
    this.opens++;
    // A connection of its own sees what is committed, and nothing else.
    this.db ??= this.connect();
    this.bounds = boundsOf(store);
    this.demandReceipted();
    const look = () => {
      this.checkBounds();
      life.after(1000, look);
    };
    look();
  }

  received(message: Uint8Array): void {
    if (message.length > 0 && isRecorded(message[0]! & 15) && !this.truth.isGenuine(message)) {
      this.foreign++;
      this.chronicle.event("foreign frame");
    }
  }

  stored(frames: StoredFrame[]): void {
    for (const { device, recordingId, header, body } of frames) {
      const { epoch, recording, sequence } = header;
      const place = placeOf(device, epoch, recording);
      this.chronicle.event("stored", place, sequence);
      const once = `${recordingId} ${sequence}`;
      this.chronicle.demand(
        !this.storedPlaces.has(once),
        () => `frame ${sequence} of ${place} was stored twice`,
      );
      this.storedPlaces.add(once);
      const content = digest(body);
      const genuine = [...this.truth.of(device)].some(
        (story) =>
          story.epoch === epoch && story.number === recording && story.frames[sequence]?.body === content,
      );
      this.chronicle.demand(
        genuine,
        () => `frame ${sequence} of ${place} was stored, and no handheld sealed it`,
      );
    }
  }

  receipted(device: string, receipt: Receipt): void {
    const { recording, next, holes } = receipt;
    const epoch = this.epochOf!.get(fromHex(device));
    const place = placeOf(device, epoch as number, recording);
    this.log.receipted(receipt);
    this.chronicle.event("receipt", place, next, holes.map(({ from, length }) => `${from}+${length}`).join());
    const known = this.receiptedOf.get(place) ?? { floor: 0, beyond: new Set() };
    this.receiptedOf.set(place, known);
    const fresh: number[] = [];
    let hole = 0;
    for (let sequence = known.floor; sequence < next; sequence++) {
      while (hole < holes.length && holes[hole]!.from + holes[hole]!.length <= sequence) hole++;
      const isHole = hole < holes.length && holes[hole]!.from <= sequence;
      if (!isHole && !known.beyond.has(sequence)) fresh.push(sequence);
    }
    this.demandHeld(place, fresh);
    for (const sequence of fresh) known.beyond.add(sequence);
    while (known.beyond.delete(known.floor)) known.floor++;
    this.receipts++;
  }

  /** Whatever was ever receipted is still there. */
  demandReceipted(): void {
    for (const [place, { floor, beyond }] of this.receiptedOf) {
      const sequences = Array.from({ length: floor }, (_, sequence) => sequence);
      this.demandHeld(place, [...sequences, ...[...beyond].sort((a, b) => a - b)]);
    }
  }

  logged(level: "warn" | "error", text: string, fields: object): void {
    const { device, kind, code, error } = fields as Record<string, string | undefined>;
    if (device !== undefined && kind !== undefined) {
      const kinds = this.told.get(device) ?? new Set();
      this.told.set(device, kinds.add(kind));
    }
    this.chronicle.event("log", level, kind ?? code ?? "");
    const isDisk = (code ?? "").startsWith("SQLITE_");
    const isFailure = kind === "internal" || text.includes("listener") || text.includes("could not be taken");
    const isDefect = isFailure && !isDisk;
    this.chronicle.demand(!isDefect, () => `the store failed over something: ${text} ${error ?? ""}`);
  }

  /** Each of these frames is on disk, or a drop frame declared it lost. */
  demandHeld(place: string, sequences: number[]): void {
    if (sequences.length === 0) return;
    const [device, epoch, number] = place.split("-");
    const held = new Set(
      this.held!.all(
        fromHex(device!),
        Number(epoch),
        Number(number),
        sequences[0],
        sequences.at(-1),
      ) as number[],
    );
    const drops = this.truth.drops.get(place) ?? [];
    const lost = sequences.find(
      (sequence) => !held.has(sequence) && !drops.some(({ from, to }) => from <= sequence && sequence <= to),
    );
    this.chronicle.demand(
      lost === undefined,
      () => `frame ${lost} of ${place} was receipted and is not on disk`,
    );
  }

  /** Memory stays within what its owners promise. */
  checkBounds(): void {
    for (const [name, { size, most }] of Object.entries(this.bounds?.() ?? {})) {
      this.peaks[name] = Math.max(this.peaks[name] ?? 0, size);
      this.chronicle.demand(size <= most, () => `${name}: ${size}, and ${most} at most was promised`);
    }
  }

  private connect(): Database.Database {
    const db = new Database(join(this.dataDir, "avnode.db"), { readonly: true });
    this.epochOf = db.prepare("SELECT epoch FROM devices WHERE id = ?").pluck();
    this.held = db
      .prepare(
        `SELECT sequence FROM frames WHERE recording =
           (SELECT key FROM recordings WHERE device = ? AND epoch = ? AND number = ?)
         AND sequence BETWEEN ? AND ?`,
      )
      .pluck();
    return db;
  }

  close(): void {
    this.db?.close();
  }
}
