/** Appends to the log of the store's present generation and signs it; a log that was altered gets nothing more. */
import type { Database, Statement } from "better-sqlite3";
import { encodeOrigin } from "../../../protocol/leaves";
import { nodeCrypto as crypto } from "../../crypto";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import type { Meta } from "../meta";
import { type Sealed, SealedTable } from "../rows";
import { type CheckpointRow, Checkpoints, type LogPlace } from "./checkpoints";
import { type HubKey, hubKey, verifierKey } from "./hubkey";
import { hasRoot, isCheckpoint } from "./integrity";
import { MerkleTree } from "./tree";

export interface LogRow extends Sealed, LogPlace {
  /** Unix ms. */
  began_at: number;
}

export const LOG_COLUMNS: (keyof LogRow & string)[] = ["id", "origin", "began_at", "size"];

export class Appender {
  private readonly key: HubKey;
  private readonly tree: MerkleTree;
  private readonly table: SealedTable<LogRow>;
  private readonly leafInsertion: Statement;
  private readonly checkpoints: Checkpoints;
  private row?: LogRow;
  private signed?: CheckpointRow;
  /** Why nothing can be appended. */
  private broken = "";

  /** Begins this generation's log if it has none yet. */
  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly meta: Meta,
    now: number,
  ) {
    this.key = hubKey(keyring);
    this.tree = new MerkleTree(db, crypto.sha256);
    this.table = new SealedTable(db, keyring, "logs", LOG_COLUMNS, 1);
    this.leafInsertion = db.prepare("INSERT INTO leaves VALUES (?, ?, ?, ?)");
    this.checkpoints = new Checkpoints(db, this.tree, this.key);
    db.transaction(() => this.begin(now)).immediate();
    this.reload();
  }

  /** Of the log that is appended to. */
  get log(): number {
    return this.row?.id ?? 0;
  }

  /** The newest checkpoint; it is on disk once the transaction is that signed it. */
  get newest(): CheckpointRow | undefined {
    return this.signed;
  }

  /** Within the caller's transaction. @returns the leaf's index; @throws STORE_ALTERED, STORE_LOG_NODE */
  append(leaf: Uint8Array, recording: number | null): number {
    const { row, signed } = this;
    // Nothing is signed over what was rewritten below it.
    if (row && signed?.size === row.size && !hasRoot(this.tree, row.id, signed.size, signed.root))
      this.broken = "the leaves of the store's log were altered";
    if (!row || this.broken) {
      throw new StoreError(
        "STORE_ALTERED",
        `${this.broken}: nothing is appended to it. Run 'avnode verify', then restore a backup`,
      );
    }
    // Undone as a whole when the tree lacks a node.
    this.db.transaction(() => {
      this.leafInsertion.run(row.id, row.size, recording, leaf);
      this.tree.append(row.id, row.size, leaf);
      this.table.update({ ...row, size: row.size + 1 });
    })();
    return row.size++;
  }

  /** Signs what was appended, within the caller's transaction. */
  sign(now: number): void {
    const { row } = this;
    if (!row || this.broken || row.size === (this.signed?.size ?? 0)) return;
    this.signed = this.checkpoints.sign(row, now);
  }

  /** Takes what is on disk for true, after a commit that failed. */
  reload(): void {
    const rows = this.rows();
    this.row = rows.find((row) => row.origin === this.key.origin);
    this.signed = this.row && this.checkpoints.newest(this.row.id);
    this.broken = "";
    if (this.meta.get("logs") !== String(rows.length)) this.broken = "a log of the store was deleted";
    else if (!this.row || this.row !== rows.at(-1)) this.broken = "the keyring is older than the store's log";
    else if (!this.table.intact(this.row)) this.broken = "the row of the store's log was altered";
    else if (this.row.size !== (this.signed?.size ?? 0))
      this.broken = "the store's newest checkpoint is gone";
    else if (this.signed && !this.isOurs(this.signed))
      this.broken = "the store's newest checkpoint was altered";
  }

  private isOurs(checkpoint: CheckpointRow): boolean {
    return isCheckpoint(checkpoint, this.key.origin, verifierKey(this.key));
  }

  private begin(now: number): void {
    const rows = this.rows();
    if (this.meta.get("logs") !== String(rows.length)) return;
    if (rows.some((row) => row.origin === this.key.origin)) return;
    const before = rows.at(-1);
    const last = before && this.checkpoints.newest(before.id);
    this.table.insert({ id: rows.length + 1, origin: this.key.origin, began_at: now, size: 0 });
    this.meta.increment("logs");
    this.reload();
    if (!last) return;
    this.append(encodeOrigin({ checkpoint: last.note, generation: this.keyring.generation, at: now }), null);
    this.sign(now);
  }

  private rows(): LogRow[] {
    return this.db.prepare("SELECT * FROM logs ORDER BY id").all() as LogRow[];
  }
}
