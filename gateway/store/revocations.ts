/**
 * Makers' lists of units no longer to be believed (protocol/revocations.ts), which somebody brings as a file: of each maker
 * the newest, as it signed it. A list is about its maker's own units and no others.
 */
import type { Database } from "better-sqlite3";
import { sameBytes, toHex } from "../../protocol/bytes";
import type { Certificate } from "../../protocol/certificate";
import {
  decodeRevocations,
  type Revocation,
  type Revocations,
  signedRevocations,
} from "../../protocol/revocations";
import { ed25519Verify } from "../crypto";
import { codeOf, StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { fingerprintOf } from "./makers";
import { Meta } from "./meta";
import { Makers } from "./pinned";
import { type Sealed, SealedTable } from "./rows";

export interface RevocationRow extends Sealed {
  maker: Buffer;
  number: number;
  at: number;
  list: Buffer;
}

export const REVOCATION_COLUMNS: (keyof RevocationRow & string)[] = ["maker", "number", "at", "list"];

export interface RevocationListInfo {
  maker: Uint8Array;
  fingerprint: string;
  number: number;
  /** Unix seconds, as the maker says. */
  issued: number;
  /** Unix ms: when it was imported. */
  at: number;
  units: Revocation[];
}

interface Known {
  /** Unix ms: when it was imported. */
  at: number;
  list: Revocations;
  byDevice: Map<string, Revocation>;
}

/** On whatever connection: another process may import one while the hub runs. */
export class RevocationLists {
  private readonly table: SealedTable<RevocationRow>;
  private readonly meta: Meta;
  private readonly makers: Makers;
  /** A list may have 100,000 entries, and is asked about at every row of a page. By the MAC of its row. */
  private known = new Map<string, Known>();

  constructor(
    private readonly db: Database,
    keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "revocations", REVOCATION_COLUMNS, 1);
    this.meta = new Meta(db, keyring);
    this.makers = new Makers(db, keyring);
  }

  /**
   * Keeps a list in the place of an older one of its maker.
   * @returns what it says, and whether it was here already
   * @throws REVOCATIONS_FORM, REVOCATIONS_MAKER, REVOCATIONS_SIGNATURE, REVOCATIONS_STALE, REVOCATIONS_FORKED, REVOCATIONS_DROPPED,
   * STORE_ALTERED
   */
  import(bytes: Uint8Array, at: number): { list: Revocations; isNew: boolean } {
    const list = readList(bytes);
    const whose = `maker ${fingerprintOf(list.maker)}`;
    // Before its signature: anybody can sign a list as a maker of his own.
    if (!this.makers.isPinned(list.maker)) {
      throw new StoreError(
        "REVOCATIONS_MAKER",
        `the list is of ${whose}, which this hub does not believe: 'avnode makers' lists those that it does, 'avnode makers add' takes the line on a maker's paper`,
      );
    }
    if (!ed25519Verify(list.maker, signedRevocations(list), list.signature)) {
      throw new StoreError(
        "REVOCATIONS_SIGNATURE",
        `the list was altered: ${whose} did not sign it so. Get it anew from the maker`,
      );
    }
    const run = () => {
      const before = this.rows().find((row) => sameBytes(row.maker, list.maker));
      if (before) {
        // It says no more which number was here: an older list would be taken for a newer one.
        if (!this.table.intact(before)) {
          throw new StoreError(
            "STORE_ALTERED",
            `the revocation list of ${whose} was altered: nothing is built on it. Run 'avnode verify', then restore a backup`,
          );
        }
        if (sameBytes(before.list, bytes)) return false;
        this.requireNewer(list.number, before.number, whose);
        requireAll(list, decodeRevocations(before.list), whose);
      }
      const row = { maker: Buffer.from(list.maker), number: list.number, at, list: Buffer.from(bytes) };
      if (before) this.table.update(row);
      else {
        this.table.insert(row);
        this.meta.increment("revocations");
      }
      return true;
    };
    return { list, isNew: this.db.transaction(run).immediate() };
  }

  /** Of rows that somebody edited nothing is believed. */
  lists(): RevocationListInfo[] {
    return this.current().map(({ at, list: { maker, number, issued, entries } }) => ({
      ...{ maker, fingerprint: fingerprintOf(maker), number, issued, at, units: entries },
    }));
  }

  /** What its maker's newest list says of a unit, if it names it. */
  of({ maker, device }: Pick<Certificate, "maker" | "device">): Revocation | undefined {
    return this.current()
      .find(({ list }) => sameBytes(list.maker, maker))
      ?.byDevice.get(toHex(device));
  }

  /** What is wrong with the rows, for whoever verifies the store. */
  problems(): string[] {
    const rows = this.rows();
    const altered = rows.filter((row) => !this.table.intact(row));
    const problems = altered.map(
      ({ maker }) => `the revocation list of maker ${fingerprintOf(maker)} was altered`,
    );
    const counted = this.meta.get("revocations");
    if (counted !== String(rows.length))
      problems.push(`revocation lists of ${counted} makers were imported, ${rows.length} are here`);
    return problems;
  }

  private requireNewer(number: number, here: number, whose: string): void {
    if (number < here) {
      throw new StoreError(
        "REVOCATIONS_STALE",
        `the list is stale: it is number ${number} of ${whose}, and number ${here} is here. Ask the maker for the newest`,
      );
    }
    if (number === here) {
      throw new StoreError(
        "REVOCATIONS_FORKED",
        `another list number ${number} of ${whose} is here, and both are signed: ask the maker which holds, and whether its key is in other hands`,
      );
    }
  }

  private current(): Known[] {
    const macs = this.db.prepare("SELECT maker, mac FROM revocations").all() as Pick<
      RevocationRow,
      "maker" | "mac"
    >[];
    const known = new Map<string, Known>();
    for (const { maker, mac } of macs) {
      const place = toHex(mac!);
      const one = this.known.get(place) ?? this.read(maker);
      if (one) known.set(place, one);
    }
    this.known = known;
    return [...known.values()];
  }

  private read(maker: Buffer): Known | undefined {
    const row = this.db.prepare("SELECT * FROM revocations WHERE maker = ?").get(maker) as RevocationRow;
    if (!this.table.intact(row)) return undefined;
    const list = decodeRevocations(row.list);
    const byDevice = new Map<string, Revocation>();
    for (const entry of list.entries) {
      const device = toHex(entry.device);
      const other = byDevice.get(device);
      if (!other || entry.since < other.since) byDevice.set(device, entry);
    }
    return { at: row.at, list, byDevice };
  }

  private rows(): RevocationRow[] {
    return this.db.prepare("SELECT * FROM revocations").all() as RevocationRow[];
  }
}

/** Whether it counts for a recording; as for a proof, one that was logged before stays believed. @param logged Unix seconds */
export function isRevokedAt({ since }: Revocation, logged: number | undefined): boolean {
  return logged === undefined || logged >= since;
}

/** Whoever is revoked stays so: a list that names fewer is of a station that knew less, or of somebody with the maker's key. */
function requireAll(list: Revocations, before: Revocations, whose: string): void {
  const named = new Set(list.entries.map(({ device }) => toHex(device)));
  const dropped = before.entries.filter(({ device }) => !named.has(toHex(device)));
  if (dropped.length === 0) return;
  throw new StoreError(
    "REVOCATIONS_DROPPED",
    `list number ${list.number} of ${whose} no longer names ${dropped.length} that number ${before.number} revoked (${toHex(dropped[0]!.device)} first), so that stolen ones would be believed again: nothing was taken. Ask the maker for a list of all of them; 'avnode factory revoke' makes one where it is shown both`,
  );
}

/** @throws REVOCATIONS_FORM */
function readList(bytes: Uint8Array): Revocations {
  try {
    return decodeRevocations(bytes);
  } catch (error) {
    throw new StoreError(
      "REVOCATIONS_FORM",
      `the file is no revocation list (${codeOf(error)}): ${(error as Error).message}. Get it anew from the maker`,
      { cause: error },
    );
  }
}
