/** Checkpoints of a log, kept as the signed notes that are handed out. */
import type { Database, Statement } from "better-sqlite3";
import { signCheckpoint } from "../../../protocol/note";
import { nodeCrypto as crypto, type Ed25519Signer } from "../../crypto";
import type { MerkleTree } from "./tree";

export interface CheckpointRow {
  log: number;
  size: number;
  root: Buffer;
  /** Unix ms. */
  at: number;
  note: Buffer;
}

/** A log as its row tells of it. */
export interface LogPlace {
  id: number;
  origin: string;
  /** Leaves. */
  size: number;
}

export class Checkpoints {
  private readonly insertion: Statement;
  private readonly selection: Statement;

  constructor(
    db: Database,
    private readonly tree: MerkleTree,
    private readonly key: Ed25519Signer,
  ) {
    this.insertion = db.prepare("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)");
    this.selection = db.prepare("SELECT * FROM checkpoints WHERE log = ? ORDER BY size DESC LIMIT 1");
  }

  newest(log: number): CheckpointRow | undefined {
    return this.selection.get(log) as CheckpointRow | undefined;
  }

  /** Signs what was appended, within the caller's transaction. @param now Unix ms */
  sign({ id: log, origin, size }: LogPlace, now: number): CheckpointRow {
    const root = Buffer.from(this.tree.root(log, size));
    const key = { name: origin, publicKey: this.key.publicKey };
    const seconds = Math.floor(now / 1000);
    const note = signCheckpoint(crypto.sha256, { origin, size, root }, key, seconds, this.key.sign);
    const row = { log, size, root, at: now, note: Buffer.from(note) };
    this.insertion.run(log, size, root, now, row.note);
    return row;
  }
}
