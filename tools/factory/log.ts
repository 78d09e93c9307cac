/** The station's append-only log: one leaf for every unit's turn, under checkpoints that the maker's key signs. */
import { existsSync, readFileSync } from "node:fs";
import type { Database, Statement } from "better-sqlite3";
import { replaceFile } from "../../gateway/backup/files";
import { nodeCrypto as crypto, type Ed25519Signer } from "../../gateway/crypto";
import { Checkpoints, type LogPlace } from "../../gateway/store/log/checkpoints";
import { CHECKPOINTS_FORM, NODES_FORM } from "../../gateway/store/log/form";
import { checkpointProblems, treeProblems } from "../../gateway/store/log/integrity";
import { MerkleTree } from "../../gateway/store/log/tree";
import { FactoryFailure } from "./failure";
import type { Station } from "./station";

export const LOG_FORM = `
CREATE TABLE logs (id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, size INTEGER NOT NULL);
-- Canonical CBOR (unitline.ts).
CREATE TABLE leaves (
  log INTEGER NOT NULL REFERENCES logs (id), idx INTEGER NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (log, idx)
) WITHOUT ROWID;
${NODES_FORM}${CHECKPOINTS_FORM}`;

/** A station has one. */
const LOG = 1;

export function originOf({ makerKey, id }: Station): string {
  return `avnode.factory/${makerKey.slice(0, 16)}/${id}`;
}

/** Within the transaction that makes the tables. */
export function beginLog(db: Database, station: Station): void {
  db.prepare("INSERT INTO logs VALUES (?, ?, 0)").run(LOG, originOf(station));
}

function placeOf(db: Database): LogPlace | undefined {
  return db.prepare("SELECT * FROM logs WHERE id = ?").get(LOG) as LogPlace | undefined;
}

interface LeafRow {
  idx: number;
  leaf: Buffer;
}

function leavesOf(db: Database): LeafRow[] {
  return db.prepare("SELECT idx, leaf FROM leaves WHERE log = ? ORDER BY idx").all(LOG) as LeafRow[];
}

/** Its leaves, backwards. Nothing else is asked of the database meanwhile. */
export function newestFirst(db: Database): IterableIterator<Uint8Array> {
  const leaves = db.prepare("SELECT leaf FROM leaves WHERE log = ? ORDER BY idx DESC").pluck();
  return leaves.iterate(LOG) as IterableIterator<Buffer>;
}

/** Serial numbers begin anew in every station, and no two units may share one. */
const ANEW = "in a new station, with another --prefix, or --first behind the last number on any label";

export class StationLog {
  private readonly tree: MerkleTree;
  private readonly checkpoints: Checkpoints;
  private readonly insertion: Statement;
  private readonly growth: Statement;

  constructor(
    private readonly db: Database,
    key: Ed25519Signer,
    /** File that holds the newest checkpoint, beside the keys: an older journal that is put back does not lead to it. */
    private readonly kept?: string,
  ) {
    this.tree = new MerkleTree(db, crypto.sha256);
    this.checkpoints = new Checkpoints(db, this.tree, key);
    this.insertion = db.prepare("INSERT INTO leaves VALUES (?, ?, ?)");
    this.growth = db.prepare("UPDATE logs SET size = ? WHERE id = ?");
  }

  /** Within the caller's transaction: no leaf is on disk without a checkpoint over it. @param now Unix ms */
  append(leaf: Uint8Array, now: number): void {
    const place = placeOf(this.db);
    if (!place || place.size !== (this.checkpoints.newest(LOG)?.size ?? 0))
      throw new FactoryFailure(
        "FACTORY_LOG",
        "the station's log was altered: nothing is appended to it. Run 'avnode factory status', and keep the folder as it is for whoever looks into it",
      );
    this.insertion.run(LOG, place.size, leaf);
    this.tree.append(LOG, place.size, leaf);
    this.growth.run(place.size + 1, LOG);
    this.checkpoints.sign({ ...place, size: place.size + 1 }, now);
  }

  /** Behind the transaction, and before anybody is told of it. */
  keep(): void {
    const newest = this.checkpoints.newest(LOG);
    if (!this.kept || !newest) return;
    try {
      replaceFile(this.kept, newest.note.toString("utf8"));
    } catch (cause) {
      throw new FactoryFailure(
        "FACTORY_KEYS_AWAY",
        `cannot write ${this.kept}: ${(cause as Error).message}. What was logged stays: put the medium with the keys back, writable, and run it again`,
        { cause },
      );
    }
  }

  /**
   * Before anything is appended.
   * @param withoutCheckpoint none has to lie beside the keys: this station may have logged more than is here
   * @throws FACTORY_LOG, FACTORY_JOURNAL_OLD, FACTORY_CHECKPOINT
   */
  check(station: Station, withoutCheckpoint = false): void {
    const { leaves, problems } = readLog(this.db, station);
    if (problems.length > 0)
      throw new FactoryFailure(
        "FACTORY_LOG",
        `the station's log is not as it was written: ${problems[0]}. Nothing is signed over it: keep the folder as it is for whoever looks into it, and go on ${ANEW}`,
      );
    if (!this.kept) return;
    if (!existsSync(this.kept)) {
      if (leaves.length === 0 || withoutCheckpoint) return;
      throw new FactoryFailure(
        "FACTORY_CHECKPOINT",
        `${this.kept} is not there, and nobody can tell whether the journal is the newest: these keys are a copy of before the station's first run. Name the newest copy with --keys DIR; if there is none, and the last unit that was made is in 'avnode factory status', say --without-checkpoint`,
      );
    }
    const kept = readFileSync(this.kept, "utf8");
    const note = this.db.prepare("SELECT note FROM checkpoints WHERE log = ? AND note = ?");
    if (note.get(LOG, Buffer.from(kept))) return;
    throw new FactoryFailure(
      "FACTORY_JOURNAL_OLD",
      `the journal is an older one than the station had: it lacks the checkpoint in ${this.kept}. Units made since are not in it, and would be made twice: bring back the newest station.db, or go on ${ANEW}`,
    );
  }
}

/** Each line was signed as it was written: a gap is where checkpoints said something else. */
function missingCheckpoints(db: Database, { size }: LogPlace): string[] {
  const there = db.prepare("SELECT count(*) FROM checkpoints WHERE log = ?").pluck().get(LOG) as number;
  return there === size ? [] : [`of ${size} checkpoints of the log, ${there} are here`];
}

export interface LogReading {
  leaves: Uint8Array[];
  /** What is wrong with it; nothing for a log that is as it was written. */
  problems: string[];
  /** The newest, as a signed note. */
  checkpoint?: Uint8Array;
}

/** Reads and verifies a station's log by the maker's public key alone. */
export function readLog(db: Database, station: Station): LogReading {
  const place = placeOf(db);
  if (!place || place.origin !== originOf(station))
    return { leaves: [], problems: ["the log is not the one of this station"] };
  const rows = leavesOf(db);
  const tree = new MerkleTree(db, crypto.sha256);
  const key = { name: place.origin, publicKey: Buffer.from(station.makerKey, "hex") };
  const checkpoint = db
    .prepare("SELECT note FROM checkpoints WHERE log = ? ORDER BY size DESC LIMIT 1")
    .pluck()
    .get(LOG) as Buffer | undefined;
  return {
    leaves: rows.map(({ leaf }) => leaf),
    problems: [
      ...treeProblems(db, place, rows),
      ...checkpointProblems(db, tree, place, key),
      ...missingCheckpoints(db, place),
    ],
    checkpoint,
  };
}
