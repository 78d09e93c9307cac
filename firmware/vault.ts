/** The keys' place in flash: one record on two alternating pages, so that a power cut leaves the old or the new one. */
import { cut, Reader, sameBytes, Writer } from "../protocol/bytes";
import { HASH_BYTES } from "../protocol/chain";
import type { Flash } from "./board/board";

/** The newest checkpoint of the store's log that an authentic receipt brought; of size 0 while there is none. */
export interface Seen {
  /** The store's; another one has another log. */
  generation: Uint8Array;
  size: number;
  root: Uint8Array;
}

/** What a claimed handheld must not forget. */
export interface Keys {
  epoch: number;
  /** The next recording's number; every lower one is burned. */
  recording: number;
  /** CK of that number. */
  chainKey: Uint8Array;
  receiptKey: Uint8Array;
  alias: Uint8Array;
  /** SHA-256 of the newest close as signed; zeros at first. */
  previousClose: Uint8Array;
  /** The next signing leaf of all trees; every lower one is burned. It outlives the ownership. */
  leaf: number;
  seen: Seen;
  /** False until the new owner's store has shown that it knows of the claim: till then its answer is repeated. */
  confirmed: boolean;
}

/** What outlives an ownership: no epoch comes twice, and no leaf. */
export interface Past {
  epoch: number;
  /** The next signing leaf. */
  leaf: number;
}

/** Whose the record is. */
const Owned = { unconfirmed: 0, confirmed: 1, nobody: 2 };

const MAGIC = 0x4156;
const CRC_BYTES = 4;
const GENERATION_BYTES = 8;
const RECORD_BYTES = 2 + 2 + 4 + 4 + 32 + 32 + 8 + 32 + 4 + GENERATION_BYTES + 8 + HASH_BYTES + 4 + CRC_BYTES;

/** What a new owner's handheld has seen of the store's log. */
export function seenNothing(): Seen {
  return { generation: new Uint8Array(GENERATION_BYTES), size: 0, root: new Uint8Array(HASH_BYTES) };
}

/** Of nobody: the past alone. */
function noKeys(past: Past): Keys {
  return {
    epoch: past.epoch,
    recording: 0,
    chainKey: new Uint8Array(32),
    receiptKey: new Uint8Array(32),
    alias: new Uint8Array(8),
    previousClose: new Uint8Array(32),
    leaf: past.leaf,
    seen: seenNothing(),
    confirmed: false,
  };
}

function isBlank(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0xff) return false;
  return true;
}

export class Vault {
  private page = 0;
  private serial = 0;
  private newest: Past | undefined;

  constructor(
    private readonly flash: Flash,
    private readonly crc32: (bytes: Uint8Array) => number,
  ) {}

  /** The keys of the newest whole record, or nothing in an unclaimed handheld; clears up what a power cut left. */
  load(): Keys | undefined {
    const first = this.readPage(0);
    const second = this.readPage(1);
    if (!first && !second) return undefined;
    const newest = !second || (first && first.serial > second.serial) ? 0 : 1;
    this.page = newest;
    const found = (newest === 0 ? first : second)!;
    this.serial = found.serial;
    this.newest = found.keys;
    // Older keys open older recordings: they go before anything else happens, and so does what a torn erase left of them.
    const other = 1 - newest;
    if (!isBlank(this.flash.read(other * this.flash.pageBytes, RECORD_BYTES))) this.flash.erase(other);
    return found.owned === Owned.nobody ? undefined : found.keys;
  }

  /** Epoch and leaf of the newest record, also of a wiped handheld; nothing where there never was an owner. */
  past(): Past | undefined {
    return this.newest;
  }

  /** On return the old keys are gone and the new ones are sure. */
  save(keys: Keys): void {
    this.write(keys, keys.confirmed ? Owned.confirmed : Owned.unconfirmed);
  }

  /** On return the keys are gone, and nobody owns the handheld; a power cut before leaves it owned or does the rest at boot. */
  wipe(): void {
    this.write(noKeys(this.newest!), Owned.nobody);
  }

  /** Write next, read back, erase old. */
  private write(keys: Keys, owned: number): void {
    const target = 1 - this.page;
    const record = new Writer(RECORD_BYTES)
      .uint(MAGIC, 2)
      .uint(keys.epoch, 2)
      .uint(this.serial + 1, 4)
      .uint(keys.recording, 4)
      .raw(keys.chainKey, 32)
      .raw(keys.receiptKey, 32)
      .raw(keys.alias, 8)
      .raw(keys.previousClose, 32)
      .uint(keys.leaf, 4)
      .raw(keys.seen.generation, GENERATION_BYTES)
      .uint(keys.seen.size, 8)
      .raw(keys.seen.root, HASH_BYTES)
      .uint(owned, 4)
      .uint(0, CRC_BYTES)
      .done();
    const crc = this.crc32(cut(record, 0, RECORD_BYTES - CRC_BYTES));
    record.set(new Writer(CRC_BYTES).uint(crc, CRC_BYTES).done(), RECORD_BYTES - CRC_BYTES);
    // Mostly it is blank since the save before: a page bears 10,000 erases, and a unit signs 8,192 recordings of two saves.
    if (!isBlank(this.flash.read(target * this.flash.pageBytes, RECORD_BYTES))) this.flash.erase(target);
    this.flash.write(target * this.flash.pageBytes, record);
    if (!sameBytes(this.flash.read(target * this.flash.pageBytes, RECORD_BYTES), record)) {
      throw new Error("the vault page reads back other bytes than were written: the flash is worn out");
    }
    this.flash.erase(this.page);
    this.page = target;
    this.serial++;
    this.newest = keys;
  }

  private readPage(page: number): { keys: Keys; owned: number; serial: number } | undefined {
    const record = this.flash.read(page * this.flash.pageBytes, RECORD_BYTES);
    // Before any field: what a power cut tore may hold numbers that no reader takes.
    const sum = new Reader(cut(record, RECORD_BYTES - CRC_BYTES, RECORD_BYTES), "VAULT").uint(CRC_BYTES);
    const reader = new Reader(record, "VAULT");
    if (reader.uint(2) !== MAGIC || sum !== this.crc32(cut(record, 0, RECORD_BYTES - CRC_BYTES)))
      return undefined;
    const epoch = reader.uint(2);
    const serial = reader.uint(4);
    const keys: Keys = {
      epoch,
      recording: reader.uint(4),
      chainKey: reader.raw(32),
      receiptKey: reader.raw(32),
      alias: reader.raw(8),
      previousClose: reader.raw(32),
      leaf: reader.uint(4),
      seen: {
        generation: reader.raw(GENERATION_BYTES),
        size: reader.uint(8),
        root: reader.raw(HASH_BYTES),
      },
      confirmed: false,
    };
    const owned = reader.uint(4);
    keys.confirmed = owned === Owned.confirmed;
    return { keys, owned, serial };
  }
}
