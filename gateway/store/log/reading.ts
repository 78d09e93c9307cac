/** The log, read: checkpoints, leaves, proofs, and the evidence about one recording. */
import type { Database } from "better-sqlite3";
import { type Close, decodeClose, signedClose } from "../../../protocol/bodies";
import { sameBytes } from "../../../protocol/bytes";
import { decodeCertificate } from "../../../protocol/certificate";
import { FrameType } from "../../../protocol/header";
import { decodeManifest, type Manifest } from "../../../protocol/manifest";
import type { VerifierKey } from "../../../protocol/note";
import { openFrame } from "../../../protocol/seal";
import { nodeCrypto as crypto } from "../../crypto";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import { type RecordingRow, recordingKeyPlace } from "../recordings";
import { Tables } from "../tables";
import type { LogRow } from "./appender";
import type { CheckpointRow } from "./checkpoints";
import type { Echo, Evidence } from "./evidence";
import { hubKey, verifierKey } from "./hubkey";
import { commitmentTo, personSalt } from "./identity";
import { MerkleTree } from "./tree";

/** Closes looked at, newest first, for one that echoes a checkpoint. */
const MAX_ECHOES = 1024;

/** Where a recording's newest leaf stands. */
export interface LeafPlace {
  log: number;
  index: number;
  origin: string;
  leaf: Uint8Array;
}

interface SignedClose {
  close: Close;
  signed: Uint8Array;
  signature?: Uint8Array;
}

export class LogReader {
  private readonly tree: MerkleTree;
  private readonly tables: Tables;

  /** @param rowOf a recording by its id or an abbreviation of it */
  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly rowOf: (id: string) => RecordingRow,
  ) {
    this.tree = new MerkleTree(db, crypto.sha256);
    this.tables = new Tables(db);
  }

  /** Oldest first. */
  logs(): LogRow[] {
    return this.db.prepare("SELECT * FROM logs ORDER BY id").all() as LogRow[];
  }

  /** The newest checkpoint of the newest log, as a signed note. */
  checkpoint(): Uint8Array | undefined {
    return this.newest()?.note;
  }

  newest(): CheckpointRow | undefined {
    return this.db.prepare("SELECT * FROM checkpoints ORDER BY log DESC, size DESC LIMIT 1").get() as
      | CheckpointRow
      | undefined;
  }

  /** What the checkpoints of that log are verified with; of the newest log unless one is named. */
  key(origin?: string): VerifierKey {
    return verifierKey(hubKey(this.keyring), origin);
  }

  /** By the hub's key, for what is no checkpoint: no note has a zero byte, which stands behind the purpose here. */
  sign(purpose: string, text: string): Uint8Array {
    return hubKey(this.keyring).sign(Buffer.from(`${purpose}\0${text}`));
  }

  leaf(log: number, index: number): Uint8Array | undefined {
    return this.db.prepare("SELECT leaf FROM leaves WHERE log = ? AND idx = ?").pluck().get(log, index) as
      | Buffer
      | undefined;
  }

  /** @throws STORE_LOG_NODE beyond the log's end */
  root(log: number, size: number): Uint8Array {
    return this.tree.root(log, size);
  }

  /** @throws STORE_LOG_NODE */
  inclusion(log: number, index: number, size: number): Uint8Array[] {
    return this.tree.inclusion(log, index, size);
  }

  /** @throws STORE_LOG_NODE */
  consistency(log: number, oldSize: number, newSize: number): Uint8Array[] {
    return this.tree.consistency(log, oldSize, newSize);
  }

  /** Where the newest leaf of a recording stands; undefined before it has one. @throws STORE_NOT_FOUND, STORE_AMBIGUOUS */
  place(id: string): LeafPlace | undefined {
    return this.placeOf(this.rowOf(id));
  }

  /** The first checkpoint over a leaf. */
  checkpointOver(log: number, index: number): CheckpointRow | undefined {
    return this.db
      .prepare("SELECT * FROM checkpoints WHERE log = ? AND size > ? ORDER BY size LIMIT 1")
      .get(log, index) as CheckpointRow | undefined;
  }

  /** Whether the handheld itself signed the recording's close; undefined while it has none. */
  signature(id: string): "signed" | "wrong" | "unchecked" | "sealed" | undefined {
    const row = this.rowOf(id);
    const found = this.closeOf(row);
    if (!found) return undefined;
    if (!found.signature) return "sealed";
    const manifest = this.placeOf(row)?.leaf;
    const certificate = this.certificateOf(row, manifest && decodeManifest(manifest));
    const verdict = this.tables.verify(decodeCertificate(certificate), found.signed, found.signature);
    if (verdict === undefined) return "unchecked";
    return verdict ? "signed" : "wrong";
  }

  /** @throws STORE_NOT_LOGGED, STORE_ERASED, STORE_NOT_FOUND, STORE_AMBIGUOUS, FRAME_TAG */
  evidence(id: string): Evidence {
    const row = this.rowOf(id);
    const place = this.placeOf(row);
    const checkpoint = place && this.checkpointOver(place.log, place.index);
    if (!place || !checkpoint) {
      throw new StoreError(
        "STORE_NOT_LOGGED",
        `recording ${row.id} is not in the log yet: a running one is after its first hour, a closed one once all of it is here`,
      );
    }
    if (row.mk.length === 0) {
      throw new StoreError(
        "STORE_ERASED",
        `recording ${row.id} was erased by its owner: nothing can prove it`,
      );
    }
    const { log, index, leaf, origin } = place;
    const manifest = decodeManifest(leaf);
    const { note, size } = checkpoint;
    const certificate = this.certificateOf(row, manifest);
    return {
      leaf,
      log,
      origin,
      index,
      note,
      size,
      path: this.inclusion(log, index, size),
      frames: this.framesOf(row, manifest),
      key: this.keyOf(row),
      certificate,
      lmsPath: manifest.signature
        ? this.tables.path(decodeCertificate(certificate), manifest.signature)
        : undefined,
      person: this.personOf(row, manifest),
      echo: this.echoOf(row, certificate, log, size),
    };
  }

  /** Of all frames of a recording that are held: what a proof of it is made of. @throws STORE_NOT_FOUND, STORE_AMBIGUOUS */
  frameBytes(id: string): number {
    return this.db
      .prepare("SELECT ifnull(sum(length(frame)), 0) FROM frames WHERE recording = ?")
      .pluck()
      .get(this.rowOf(id).key) as number;
  }

  private placeOf(row: RecordingRow): LeafPlace | undefined {
    return this.db
      .prepare(
        `SELECT logged.log AS log, logged.idx AS "index", origin, leaf FROM logged
         JOIN leaves ON leaves.log = logged.log AND leaves.idx = logged.idx JOIN logs ON logs.id = logged.log
         WHERE logged.recording = ?`,
      )
      .get(row.key) as LeafPlace | undefined;
  }

  private framesOf(row: RecordingRow, { to, state, signature }: Manifest): Uint8Array[] {
    const behind = state === "closed" ? (signature ? 2 : 1) : 0;
    return this.db
      .prepare("SELECT frame FROM frames WHERE recording = ? AND sequence < ? ORDER BY sequence")
      .pluck()
      .all(row.key, to + behind) as Buffer[];
  }

  /** The certificate that the leaf names, or the newest one of the handheld. */
  private certificateOf(row: RecordingRow, manifest?: Manifest): Uint8Array {
    const named = manifest
      ? this.db
          .prepare("SELECT certificate FROM certificates WHERE hash = ?")
          .pluck()
          .get(manifest.certificate)
      : undefined;
    return (named ??
      this.db.prepare("SELECT certificate FROM devices WHERE id = ?").pluck().get(row.device)) as Buffer;
  }

  private personOf(row: RecordingRow, { person }: Manifest): Evidence["person"] {
    if (!person) return undefined;
    const salt = personSalt(this.keyring, row.id);
    const names = this.db.prepare("SELECT name FROM people").pluck().all() as string[];
    // It may have gone to another person since.
    const name = names.find((one) => sameBytes(commitmentTo(one, salt), person));
    return name === undefined ? undefined : { name, salt };
  }

  /**
   * The latest close of the same handheld that it signed and that saw a checkpoint of this log not smaller than `size`.
   * @param certificate of the recording that is proven: whoever verifies has no other to check that signature by
   */
  private echoOf(
    { device }: RecordingRow,
    certificate: Uint8Array,
    log: number,
    size: number,
  ): Echo | undefined {
    const rows = this.db
      .prepare(
        `SELECT * FROM recordings WHERE device = ? AND closed_at IS NOT NULL
         ORDER BY epoch DESC, number DESC LIMIT ${MAX_ECHOES}`,
      )
      .all(device) as RecordingRow[];
    for (const row of rows) {
      const found = this.closeOf(row);
      if (!found?.signature || found.close.checkpointSize < size) continue;
      const { checkpointSize, checkpointRoot } = found.close;
      if (!this.hasRoot(log, checkpointSize, checkpointRoot)) continue;
      const leaf = this.placeOf(row)?.leaf;
      if (!sameBytes(this.certificateOf(row, leaf && decodeManifest(leaf)), certificate)) continue;
      return {
        close: found.signed,
        signature: found.signature,
        lmsPath: this.tables.path(decodeCertificate(certificate), found.signature),
        size: checkpointSize,
        root: checkpointRoot,
        consistency: this.consistency(log, size, checkpointSize),
      };
    }
    return undefined;
  }

  private hasRoot(log: number, size: number, root: Uint8Array): boolean {
    try {
      return sameBytes(this.root(log, size), root);
    } catch {
      return false;
    }
  }

  private closeOf(row: RecordingRow): SignedClose | undefined {
    if (row.closed_at === null || row.mk.length === 0) return undefined;
    try {
      const body = this.bodyAt(row, row.closed_at, FrameType.close);
      if (!body) return undefined;
      const signature = this.bodyAt(row, row.closed_at + 1, FrameType.signature);
      return {
        close: decodeClose(body),
        signed: signedClose(row.device, row.epoch, row.number, body),
        signature,
      };
    } catch {
      return undefined;
    }
  }

  private bodyAt(row: RecordingRow, sequence: number, type: number): Uint8Array | undefined {
    const frame = this.db
      .prepare("SELECT frame FROM frames WHERE recording = ? AND sequence = ? AND type = ?")
      .pluck()
      .get(row.key, sequence, type) as Buffer | undefined;
    return frame && openFrame(crypto, this.keyOf(row), frame);
  }

  private keyOf(row: RecordingRow): Uint8Array {
    return this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, row.epoch, row.number));
  }
}
