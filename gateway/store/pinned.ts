/**
 * Makers that this hub believes. The maker of the first handheld that is claimed here is pinned by that claim: whoever
 * holds a unit, its concealed code and its button has nothing else to go by yet. Every other maker is met, and believed
 * only once the owner has compared its fingerprint with the maker's paper: whoever sends a family a unit of his own making
 * must not become a maker of theirs by being claimed. A row is never deleted, or the first would be forgotten with it.
 */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { type Certificate, decodeCertificate } from "../../protocol/certificate";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { fingerprintOf, isGenuine, isSimulationMaker } from "./makers";
import { Meta } from "./meta";
import { type Sealed, SealedTable } from "./rows";

export interface MakerRow extends Sealed {
  key: Buffer;
  /** met: at a claim, and not believed. forgotten: its handhelds stay, nothing new of it is taken. */
  state: "pinned" | "met" | "forgotten";
  /** What its paper calls it. */
  label: string | null;
  /** At which it was met last. */
  claim: number | null;
  /** Unix ms. */
  at: number;
}

export const MAKER_COLUMNS: (keyof MakerRow & string)[] = ["key", "state", "label", "claim", "at"];

export interface MakerInfo {
  key: Uint8Array;
  fingerprint: string;
  state: MakerRow["state"];
  label?: string;
  /** Unix ms: since when. */
  at: number;
}

/** What a claim tells of the maker. */
export interface ClaimMaker {
  fingerprint: string;
  /** Pinned by this very claim. */
  first: boolean;
}

/** Nobody has handhelds of so many. */
const MAX_MAKERS = 64;

/** On whatever connection: another process may pin one while the hub runs. */
export class Makers {
  private readonly table: SealedTable<MakerRow>;
  private readonly meta: Meta;

  constructor(
    private readonly db: Database,
    keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "makers", MAKER_COLUMNS, 1);
    this.meta = new Meta(db, keyring);
  }

  /** Whether what this maker signs is taken. The simulation maker's key is public: never where real handhelds are. */
  isPinned(maker: Uint8Array): boolean {
    if (isSimulationMaker(maker)) return this.meta.get("kind") !== "home";
    return this.stateOf(maker) === "pinned";
  }

  /** True when a maker that is pinned signed it, and may certify that class. */
  trusts(certificate: Certificate): boolean {
    return this.isPinned(certificate.maker) && isGenuine(certificate);
  }

  /** The same of a handheld that is owned already: to forget its maker takes nothing away from it. */
  vouchesFor(certificate: Certificate): boolean {
    const { maker } = certificate;
    return (this.isPinned(maker) || this.stateOf(maker) === "forgotten") && isGenuine(certificate);
  }

  /** True while no maker was ever met: the next one is believed by its claim. */
  awaitsFirst(): boolean {
    return this.meta.get("makers") === "0" && this.rows().length === 0;
  }

  /** The newest first; of rows that somebody edited nothing is believed. */
  list(): MakerInfo[] {
    return this.rows()
      .filter((row) => this.table.intact(row))
      .sort((a, b) => b.at - a.at)
      .map(({ key, state, label, at }) => ({
        ...{ key, fingerprint: fingerprintOf(key), state, at },
        ...(label === null ? {} : { label }),
      }));
  }

  /** What is wrong with the rows, for whoever verifies the store. */
  problems(): string[] {
    const rows = this.rows();
    const altered = rows.filter((row) => !this.table.intact(row));
    const problems = altered.map(({ key }) => `the row of maker ${fingerprintOf(key)} was altered`);
    const counted = this.meta.get("makers");
    if (counted !== String(rows.length)) problems.push(`${counted} makers were met, ${rows.length} are here`);
    return problems;
  }

  /** Of the maker that a claim met; nothing of the simulation maker. @param device that was claimed, if one was */
  ofClaim(claim: number, device: Uint8Array | null): ClaimMaker | undefined {
    const met = this.metAt(claim);
    if (!device) return met && { fingerprint: fingerprintOf(met), first: false };
    const certificate = this.db.prepare("SELECT certificate FROM devices WHERE id = ?").pluck().get(device);
    const { maker } = decodeCertificate(certificate as Buffer);
    if (isSimulationMaker(maker)) return undefined;
    return { fingerprint: fingerprintOf(maker), first: met !== undefined && sameBytes(met, maker) };
  }

  /** The maker that a claim met, believed or not. */
  metAt(claim: number): Uint8Array | undefined {
    return this.rows().find((row) => row.claim === claim && this.table.intact(row))?.key;
  }

  /** @throws STORE_ALTERED, STORE_MAKERS */
  pin(maker: Uint8Array, at: number, { label, claim }: { label?: string; claim?: number } = {}): void {
    if (isSimulationMaker(maker)) {
      throw new StoreError(
        "STORE_MAKERS",
        "that is the simulation maker, whose key is public: to believe it would be to believe everybody",
      );
    }
    this.change(maker, (before) => ({
      ...{ state: "pinned", at },
      label: label ?? before?.label ?? null,
      claim: claim ?? before?.claim ?? null,
    }));
  }

  /** Keeps the key of a maker that a claim met, so that the owner can pin it by its fingerprint. @throws STORE_ALTERED, STORE_MAKERS */
  meet(maker: Uint8Array, at: number, claim: number): void {
    this.change(maker, (before) => ({ ...(before ?? { state: "met", label: null, at }), claim }));
  }

  /** Nothing new of it is taken from now on. @throws STORE_ALTERED, STORE_MAKERS */
  forget(maker: Uint8Array, at: number): void {
    this.change(maker, (before) => ({
      ...{ state: "forgotten", at },
      ...{ label: before?.label ?? null, claim: before?.claim ?? null },
    }));
  }

  private change(key: Uint8Array, to: (before?: MakerRow) => Omit<MakerRow, "key" | "mac">): void {
    const run = () => {
      const rows = this.rows();
      const before = rows.find((row) => sameBytes(row.key, key));
      if (before && !this.table.intact(before)) {
        throw new StoreError(
          "STORE_ALTERED",
          `the row of maker ${fingerprintOf(key)} was altered: nothing is built on it. Run 'avnode verify', then restore a backup`,
        );
      }
      if (!before && rows.length >= MAX_MAKERS) {
        throw new StoreError("STORE_MAKERS", `${MAX_MAKERS} makers are known here: no more are taken`);
      }
      const { state, label, claim, at } = to(before);
      const row = { key: Buffer.from(key), state, label, claim, at };
      if (before) this.table.update(row);
      else {
        this.table.insert(row);
        this.meta.increment("makers");
      }
    };
    if (this.db.inTransaction) run();
    else this.db.transaction(run).immediate();
  }

  /** Of a row that somebody edited nothing is believed. */
  private stateOf(maker: Uint8Array): MakerRow["state"] | undefined {
    const row = this.rows().find(({ key }) => sameBytes(key, maker));
    return row && this.table.intact(row) ? row.state : undefined;
  }

  private rows(): MakerRow[] {
    return this.db.prepare("SELECT * FROM makers").all() as MakerRow[];
  }
}
