/**
 * The Merkle tree of RFC 6962 §2.1 in SQLite. Only hashes of complete subtrees are kept, which never change; the rest
 * is made of them, in a number of reads that grows with the logarithm of the size.
 */
import type { Database, Statement } from "better-sqlite3";
import { type Hash, leafHash, nodeHash } from "../../../protocol/merkle";
import { StoreError } from "../errors";

/** The largest power of two below `n`, which is above 1. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

export class MerkleTree {
  private readonly insertion: Statement;
  private readonly selection: Statement;

  constructor(
    db: Database,
    private readonly sha256: Hash,
  ) {
    this.insertion = db.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?)");
    this.selection = db.prepare("SELECT hash FROM nodes WHERE log = ? AND level = ? AND idx = ?").pluck();
  }

  /** Within the caller's transaction. @param size leaves before this one */
  append(log: number, size: number, leaf: Uint8Array): void {
    let hash = leafHash(this.sha256, leaf);
    let index = size;
    this.insertion.run(log, 0, index, hash);
    for (let level = 0; index % 2 === 1; level++) {
      hash = nodeHash(this.sha256, this.node(log, level, index - 1), hash);
      index = (index - 1) / 2;
      this.insertion.run(log, level + 1, index, hash);
    }
  }

  root(log: number, size: number): Uint8Array {
    return size === 0 ? this.sha256(new Uint8Array(0)) : this.hash(log, 0, size);
  }

  /** Hash of a leaf. */
  leaf(log: number, index: number): Uint8Array {
    return this.node(log, 0, index);
  }

  /** PATH(index, D[size]) of RFC 6962 §2.1.1. */
  inclusion(log: number, index: number, size: number): Uint8Array[] {
    if (!(index >= 0 && index < size)) throw this.beyond(`leaf ${index} of the first ${size}`);
    return this.path(log, index, 0, size);
  }

  /** PROOF(oldSize, D[newSize]) of RFC 6962 §2.1.2. */
  consistency(log: number, oldSize: number, newSize: number): Uint8Array[] {
    if (!(oldSize >= 0 && oldSize <= newSize)) throw this.beyond(`${oldSize} leaves within ${newSize}`);
    return oldSize === 0 || oldSize === newSize ? [] : this.subproof(log, oldSize, 0, newSize, true);
  }

  /** MTH(D[start:start+size]); start is a multiple of the least power of two that is not below size. */
  private hash(log: number, start: number, size: number): Uint8Array {
    const k = size > 1 ? split(size) : 1;
    if (size === 1 || size === 2 * k) {
      const level = Math.round(Math.log2(size));
      return this.node(log, level, start / size);
    }
    return nodeHash(this.sha256, this.hash(log, start, k), this.hash(log, start + k, size - k));
  }

  private path(log: number, index: number, start: number, size: number): Uint8Array[] {
    if (size === 1) return [];
    const k = split(size);
    return index < k
      ? [...this.path(log, index, start, k), this.hash(log, start + k, size - k)]
      : [...this.path(log, index - k, start + k, size - k), this.hash(log, start, k)];
  }

  /** @param whole whether the old tree is this subtree itself, whose hash the verifier has */
  private subproof(log: number, old: number, start: number, size: number, whole: boolean): Uint8Array[] {
    if (old === size) return whole ? [] : [this.hash(log, start, size)];
    const k = split(size);
    return old <= k
      ? [...this.subproof(log, old, start, k, whole), this.hash(log, start + k, size - k)]
      : [...this.subproof(log, old - k, start + k, size - k, false), this.hash(log, start, k)];
  }

  private node(log: number, level: number, index: number): Uint8Array {
    const hash = this.selection.get(log, level, index) as Buffer | undefined;
    if (!hash) throw this.beyond(`node ${level}/${index}`);
    return hash;
  }

  private beyond(what: string): StoreError {
    return new StoreError(
      "STORE_LOG_NODE",
      `the log has no ${what}: it is shorter, or was altered. Run 'avnode verify'`,
    );
  }
}
