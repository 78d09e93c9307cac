/** Handhelds and their ownerships: in memory whole, on disk with a MAC per row. */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import { type Certificate, encodeCertificate } from "../../protocol/certificate";
import type { Crypto } from "../../protocol/crypto";
import { firstChainKey, nextChainKey, receiptKey } from "../../protocol/keys";
import type { Keyring } from "./keyring";
import type { Meta } from "./meta";
import { Ratchet } from "./ratchet";
import { type Sealed, SealedTable } from "./rows";

export interface DeviceRow extends Sealed {
  id: Buffer;
  certificate: Buffer;
  /** Name on the air since the newest claim. */
  alias: Buffer;
  epoch: number;
  /** Rows in `epochs`. */
  claims: number;
  claimed_at: number;
  name: string | null;
  person: number | null;
  contact_at: number | null;
  /** The newest status as JSON. */
  status: string | null;
}

export interface EpochRow extends Sealed {
  device: Buffer;
  epoch: number;
  rk: Buffer;
  ck: Buffer;
  ck_number: number;
  /** Rows in `recordings`. */
  recordings: number;
}

/** One ownership, with its keys open. */
export interface Epoch {
  row: EpochRow;
  rk: Buffer;
  ratchet: Ratchet;
  dirty: boolean;
}

export interface Device {
  hex: string;
  row: DeviceRow;
  epochs: Map<number, Epoch>;
  dirty: boolean;
}

export interface NewOwner {
  id: Uint8Array;
  certificate: Certificate;
  alias: Uint8Array;
  epoch: number;
  root: Uint8Array;
  person: number | null;
  at: number;
}

export const DEVICE_COLUMNS: (keyof DeviceRow & string)[] = [
  "id",
  "certificate",
  "alias",
  "epoch",
  "claims",
  "claimed_at",
  "name",
  "person",
  "contact_at",
  "status",
];
export const EPOCH_COLUMNS: (keyof EpochRow & string)[] = [
  "device",
  "epoch",
  "rk",
  "ck",
  "ck_number",
  "recordings",
];

export function receiptKeyPlace(row: EpochRow): string {
  return `receipt key of ${toHex(row.device)}/${row.epoch}`;
}

/** Bound to its number, so that a chain key rolled back with sqlite3 does not open. */
export function chainKeyPlace(row: EpochRow): string {
  return `chain key of ${toHex(row.device)}/${row.epoch}/${row.ck_number}`;
}

export class Devices {
  private readonly deviceTable: SealedTable<DeviceRow>;
  private readonly epochTable: SealedTable<EpochRow>;
  private readonly onDisk: Statement;
  private readonly byId = new Map<string, Device>();
  private byAliasHex = new Map<string, Device>();

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly crypto: Crypto,
    private readonly meta: Meta,
  ) {
    this.deviceTable = new SealedTable(db, keyring, "devices", DEVICE_COLUMNS, 1);
    this.epochTable = new SealedTable(db, keyring, "epochs", EPOCH_COLUMNS, 2);
    this.onDisk = db.prepare("SELECT * FROM devices WHERE id = ?");
    this.reload();
  }

  all(): Iterable<Device> {
    return this.byId.values();
  }

  get(hex: string): Device | undefined {
    return this.byId.get(hex);
  }

  byAlias(aliasHex: string): Device | undefined {
    return this.byAliasHex.get(aliasHex);
  }

  /** Takes what is on disk for true, after a commit that failed. Device objects stay the same ones. */
  reload(): void {
    for (const row of this.db.prepare("SELECT * FROM devices").all() as DeviceRow[]) {
      const hex = toHex(row.id);
      const device = this.byId.get(hex) ?? { hex, row, epochs: new Map(), dirty: false };
      device.row = row;
      device.dirty = false;
      device.epochs = new Map();
      this.byId.set(hex, device);
    }
    for (const row of this.db.prepare("SELECT * FROM epochs").all() as EpochRow[]) {
      const ck = this.keyring.unwrap(row.ck, chainKeyPlace(row));
      this.byId.get(toHex(row.device))?.epochs.set(row.epoch, {
        row,
        rk: this.keyring.unwrap(row.rk, receiptKeyPlace(row)),
        ratchet: new Ratchet(this.crypto, row.device, row.epoch, row.ck_number, ck),
        dirty: false,
      });
    }
    this.index();
  }

  /** Writes a new ownership within the caller's transaction; the caller reloads. */
  register(owner: NewOwner): void {
    const id = Buffer.from(owner.id);
    const known = this.byId.get(toHex(id));
    const epochRow: EpochRow = {
      device: id,
      epoch: owner.epoch,
      rk: Buffer.alloc(0),
      ck: Buffer.alloc(0),
      ck_number: 1,
      recordings: 0,
    };
    epochRow.rk = this.keyring.wrap(receiptKey(this.crypto, owner.root), receiptKeyPlace(epochRow));
    // Recordings count from 1.
    const chainKey = nextChainKey(this.crypto, firstChainKey(this.crypto, owner.root));
    epochRow.ck = this.keyring.wrap(chainKey, chainKeyPlace(epochRow));
    const row: DeviceRow = {
      id,
      certificate: Buffer.from(encodeCertificate(owner.certificate)),
      alias: Buffer.from(owner.alias),
      epoch: owner.epoch,
      claims: (known?.row.claims ?? 0) + 1,
      claimed_at: owner.at,
      name: known ? this.nameOf(known.row) : null,
      person: owner.person ?? known?.row.person ?? null,
      contact_at: owner.at,
      status: null,
    };
    if (known) this.deviceTable.update(row);
    else {
      this.deviceTable.insert(row);
      this.meta.increment("devices");
    }
    this.epochTable.insert(epochRow);
  }

  /** Whose its next recordings are, within the caller's transaction. */
  assign(device: Device, person: number | null): void {
    device.row.person = person;
    device.row.name = this.nameOf(device.row);
    this.deviceTable.update(device.row);
  }

  /** The ratchet goes past `number`: nobody who steals the store's keys later derives anything below. */
  advance(epoch: Epoch, number: number): void {
    epoch.ratchet.advance(number);
    epoch.row.ck_number = number;
    epoch.row.ck = this.keyring.wrap(epoch.ratchet.chainKey(number), chainKeyPlace(epoch.row));
    epoch.dirty = true;
  }

  /** Writes what changed, within the caller's transaction. */
  save(): void {
    for (const device of this.byId.values()) {
      if (device.dirty) {
        device.row.name = this.nameOf(device.row);
        this.deviceTable.update(device.row);
      }
      for (const epoch of device.epochs.values()) if (epoch.dirty) this.epochTable.update(epoch.row);
    }
  }

  /** After the transaction of `save` is on disk. */
  saved(): void {
    for (const device of this.byId.values()) {
      device.dirty = false;
      for (const epoch of device.epochs.values()) epoch.dirty = false;
    }
  }

  /** Its owner may have renamed it beside this process: the disk knows, unless somebody else wrote there. */
  private nameOf(row: DeviceRow): string | null {
    const written = this.onDisk.get(row.id) as DeviceRow | undefined;
    return written && this.deviceTable.intact(written) ? written.name : row.name;
  }

  private index(): void {
    this.byAliasHex = new Map([...this.byId.values()].map((device) => [toHex(device.row.alias), device]));
  }
}
