/** Verification of the logs: every leaf, node and checkpoint, what each leaf says, and what handhelds saw of them. */
import type { Database } from "better-sqlite3";
import { sameBytes, toHex } from "../../../protocol/bytes";
import { decodeCertificate } from "../../../protocol/certificate";
import { decodeErasure, decodeOrigin, LeafType, leafType } from "../../../protocol/leaves";
import { decodeManifest, type Manifest } from "../../../protocol/manifest";
import { leafHash } from "../../../protocol/merkle";
import { decodeCheckpoint, decodeNote, isSigned } from "../../../protocol/note";
import { nodeCrypto as crypto, ed25519Verify } from "../../crypto";
import type { Keyring } from "../keyring";
import { LayersCheck } from "../layers/verify";
import type { RecordingRow } from "../recordings";
import { SealedTable } from "../rows";
import { LOG_COLUMNS, type LogRow } from "./appender";
import { differences, type Found } from "./compare";
import { type HubKey, hubKey, verifierKey } from "./hubkey";
import { commitmentTo, personSalt } from "./identity";
import { checkpointProblems, hasRoot, treeProblems } from "./integrity";
import { type Kept, readKept } from "./kept";
import { LOGGED_COLUMNS, type LoggedRow } from "./logged";
import { MerkleTree } from "./tree";

interface LeafRow {
  idx: number;
  recording: number | null;
  leaf: Buffer;
}

/** The newest leaf about a recording. */
export interface LoggedLeaf {
  log: number;
  index: number;
  manifest: Manifest;
}

export class LogVerification {
  readonly problems: string[] = [];
  readonly notes: string[] = [];
  private readonly key: HubKey;
  private readonly tree: MerkleTree;
  private readonly logs: LogRow[];
  private readonly loggedTable: SealedTable<LoggedRow>;
  /** The largest checkpoint that each handheld echoed beyond the end of each log. */
  private readonly beyond = new Map<string, { device: string; log: LogRow; size: number }>();

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.key = hubKey(keyring);
    this.tree = new MerkleTree(db, crypto.sha256);
    this.loggedTable = new SealedTable(db, keyring, "logged", LOGGED_COLUMNS, 1);
    this.logs = db.prepare("SELECT * FROM logs ORDER BY id").all() as LogRow[];
  }

  /** Every log whole. @param rows of all recordings; @param counted logs, as the store counted them */
  checkAll(rows: RecordingRow[], counted: string | undefined): void {
    if (counted !== String(this.logs.length)) {
      this.problems.push(`${counted} logs were begun, ${this.logs.length} are here`);
    }
    const table = new SealedTable<LogRow>(this.db, this.keyring, "logs", LOG_COLUMNS, 1);
    const byKey = new Map(rows.map((row) => [row.key, row]));
    const layers = new LayersCheck(this.db, this.keyring, rows);
    for (const [index, log] of this.logs.entries()) {
      if (!table.intact(log)) this.problems.push(`the row of log ${log.id} was altered`);
      const leaves = this.checkTree(log);
      const key = verifierKey(this.key, log.origin);
      this.problems.push(...checkpointProblems(this.db, this.tree, log, key));
      this.checkBeginning(log, this.logs[index - 1], leaves[0]);
      for (const leaf of leaves) this.checkLeaf(log, leaf, byKey, layers);
    }
    layers.rest();
    this.problems.push(...layers.problems);
    if (this.logs.length > 0 && this.logs.at(-1)!.origin !== this.key.origin) {
      this.problems.push("the newest log is not of this keyring's generation");
    }
    this.checkErasures(rows);
  }

  /** The newest leaf about a recording, and what is wrong with where it stands. */
  newestLeaf(row: RecordingRow): { leaf?: LoggedLeaf; altered: string[] } {
    const newest = this.db
      .prepare("SELECT log, idx, leaf FROM leaves WHERE recording = ? ORDER BY log DESC, idx DESC LIMIT 1")
      .get(row.key) as (LeafRow & { log: number }) | undefined;
    const logged = this.db.prepare("SELECT * FROM logged WHERE recording = ?").get(row.key) as
      | LoggedRow
      | undefined;
    const altered: string[] = [];
    if (logged && !this.loggedTable.intact(logged)) altered.push("its row of the log was altered");
    if (!newest) {
      if (logged) altered.push("its leaf was taken out of the log");
      return { altered };
    }
    let manifest: Manifest;
    try {
      if (leafType(newest.leaf) === LeafType.erasure) return { altered };
      manifest = decodeManifest(newest.leaf);
      const hash = this.tree.leaf(newest.log, newest.idx);
      if (!sameBytes(hash, leafHash(crypto.sha256, newest.leaf)))
        throw new Error("another hash is in the tree");
    } catch (error) {
      altered.push(`its leaf ${newest.idx} of log ${newest.log} was altered: ${(error as Error).message}`);
      return { altered };
    }
    if (!logged || logged.log !== newest.log || logged.idx !== newest.idx) {
      altered.push("its row of the log does not name its newest leaf");
    }
    return { leaf: { log: newest.log, index: newest.idx, manifest }, altered };
  }

  /** Whether the newest leaf says what is here. */
  compare({ log, index, manifest }: LoggedLeaf, row: RecordingRow, found: Omit<Found, "person">): string[] {
    const own =
      sameBytes(manifest.device, row.device) &&
      manifest.epoch === row.epoch &&
      manifest.recording === row.number;
    if (!own) return [`leaf ${index} of log ${log} is about another recording`];
    const wrong = differences(manifest, row, { ...found, person: this.person(row) });
    const certificate = this.certificateOf(manifest);
    if (!certificate || decodeCertificate(certificate).deviceClass !== manifest.deviceClass)
      wrong.push("certificate");
    return wrong.length === 0 ? [] : [`leaf ${index} of log ${log} states another ${wrong.join(", ")}`];
  }

  /** The certificate that a leaf names. */
  certificateOf({ certificate }: Manifest): Uint8Array | undefined {
    const bytes = this.db
      .prepare("SELECT certificate FROM certificates WHERE hash = ?")
      .pluck()
      .get(certificate) as Buffer | undefined;
    return bytes && sameBytes(crypto.sha256(bytes), certificate) ? bytes : undefined;
  }

  /**
   * A checkpoint that a close of the handheld echoes. One beyond the end of a log that a restored store goes on from goes
   * into `missing`: nothing here tells an honest restore from a feigned one.
   * @returns what is wrong with the log if it is none of ours
   */
  judgeEcho(device: Uint8Array, size: number, root: Uint8Array): string | undefined {
    if (size === 0 || this.logs.some((log) => size <= log.size && this.hasRoot(log, size, root)))
      return undefined;
    // A log without a leaf is named by no later one: any hub could invent it.
    const ended = this.logs.slice(0, -1).filter((log) => log.size > 0 && log.size < size);
    const log = ended.at(-1);
    if (!log)
      return `its close saw a log of ${size} leaves that is not this one: the log was rewritten or cut`;
    const place = `${toHex(device)}/${log.id}`;
    const seen = this.beyond.get(place);
    if (!seen || seen.size < size) this.beyond.set(place, { device: toHex(device), log, size });
    return undefined;
  }

  /** What handhelds saw of logs that a restored store goes on from, and nobody can show; complete once every close was judged. */
  missing(): string[] {
    return [...this.beyond.values()].map(({ device, log, size }) => {
      const next = this.logs[this.logs.indexOf(log) + 1]!;
      const day = new Date(next.began_at).toISOString().slice(0, 10);
      return `handheld ${device} saw a log of ${size} leaves, this store can show ${log.size} since its restore on ${day}: what was logged between is lost, or was taken away (an honest restore looks the same)`;
    });
  }

  /** What was kept elsewhere: a checkpoint's signed note, or a proof file. */
  checkAgainst(bytes: Uint8Array): void {
    let kept: Kept;
    try {
      kept = readKept(bytes);
    } catch (error) {
      this.problems.push(`what was kept is neither a checkpoint nor a proof: ${(error as Error).message}`);
      return;
    }
    const { name, note, checkpoint, leaf } = kept;
    const { origin, size, root } = checkpoint;
    const log = this.logs.find((one) => one.origin === origin);
    if (!isSigned(crypto.sha256, ed25519Verify, note, verifierKey(this.key, origin))) {
      this.problems.push(`${name} is not signed by this hub's key`);
    } else if (!log) {
      this.problems.push(`${name} is of a log that is not here: ${origin}`);
    } else if (size > log.size) {
      const restored = log !== this.logs.at(-1);
      this.problems.push(
        `${name} is of ${size} leaves, its log has ${log.size}: ${restored ? "the rest was lost when the store was restored, or was taken away" : "the log was cut"}`,
      );
    } else if (!this.hasRoot(log, size, root)) {
      this.problems.push(`the log is not the one of ${name} of ${size} leaves: it was rewritten`);
    } else if (leaf && !this.hasLeaf(log, leaf)) {
      this.problems.push(
        `leaf ${leaf.index} of log ${log.id} is not the one of the kept proof: it was altered`,
      );
    } else {
      const holds = leaf ? `, and its leaf ${leaf.index} is that of the proof` : "";
      this.notes.push(`the log of ${log.size} leaves goes on from ${name} of ${size}${holds}`);
    }
  }

  private hasLeaf(log: LogRow, { index, bytes }: { index: number; bytes: Uint8Array }): boolean {
    const here = this.db
      .prepare("SELECT leaf FROM leaves WHERE log = ? AND idx = ?")
      .pluck()
      .get(log.id, index) as Buffer | undefined;
    return here !== undefined && sameBytes(here, bytes);
  }

  private hasRoot(log: LogRow, size: number, root: Uint8Array): boolean {
    return hasRoot(this.tree, log.id, size, root);
  }

  private checkTree(log: LogRow): LeafRow[] {
    const leaves = this.db
      .prepare("SELECT idx, recording, leaf FROM leaves WHERE log = ? ORDER BY idx")
      .all(log.id) as LeafRow[];
    this.problems.push(...treeProblems(this.db, log, leaves));
    return leaves;
  }

  /** @param leaf its first */
  private checkBeginning(log: LogRow, before: LogRow | undefined, leaf: LeafRow | undefined): void {
    try {
      const isOrigin = leaf !== undefined && leafType(leaf.leaf) === LeafType.origin;
      if (!before || before.size === 0) {
        if (isOrigin) this.problems.push(`log ${log.id} goes on from a log that is not here`);
        return;
      }
      const stated = isOrigin && decodeCheckpoint(decodeNote(decodeOrigin(leaf.leaf).checkpoint).text);
      const follows =
        stated &&
        stated.origin === before.origin &&
        stated.size === before.size &&
        this.hasRoot(before, stated.size, stated.root);
      if (!follows) this.problems.push(`log ${log.id} does not go on from the end of log ${before.id}`);
    } catch {
      this.problems.push(`log ${log.id} does not begin with a leaf that can be read`);
    }
  }

  private checkLeaf(
    log: LogRow,
    { idx, recording, leaf }: LeafRow,
    rows: Map<number, RecordingRow>,
    layers: LayersCheck,
  ): void {
    const name = `leaf ${idx} of log ${log.id}`;
    try {
      const type = leafType(leaf);
      if (type === LeafType.origin) {
        if (idx !== 0) this.problems.push(`${name} says that a log begins there`);
        return;
      }
      if (type === LeafType.layer) {
        layers.leaf(log.id, idx, leaf);
        return;
      }
      const {
        device,
        epoch,
        recording: number,
      } = type === LeafType.recording ? decodeManifest(leaf) : decodeErasure(leaf);
      const row = recording === null ? undefined : rows.get(recording);
      if (row && sameBytes(row.device, device) && row.epoch === epoch && row.number === number) return;
      this.problems.push(
        `${name} is about recording ${number} of handheld ${toHex(device)} (epoch ${epoch}), which is not here: it was deleted or renumbered`,
      );
    } catch (error) {
      this.problems.push(`${name} cannot be read: ${(error as Error).message}`);
    }
  }

  private checkErasures(rows: RecordingRow[]): void {
    const erased = new Set(
      this.db.prepare("SELECT recording FROM erased WHERE by = 'owner'").pluck().all() as number[],
    );
    for (const row of rows) {
      const leaf = this.db
        .prepare("SELECT leaf FROM leaves WHERE recording = ? ORDER BY log DESC, idx DESC LIMIT 1")
        .pluck()
        .get(row.key) as Buffer | undefined;
      const said = leaf !== undefined && this.saysErased(leaf);
      if (said && !erased.has(row.key))
        this.problems.push(`the log says that recording ${row.id} was erased, its row does not`);
      if (!said && erased.has(row.key))
        this.problems.push(`recording ${row.id} was erased without a leaf of the log`);
      if (!said && row.mk.length === 0)
        this.problems.push(`the key of recording ${row.id} is gone without an erasure`);
    }
  }

  private saysErased(leaf: Uint8Array): boolean {
    try {
      return leafType(leaf) === LeafType.erasure;
    } catch {
      return false;
    }
  }

  private person(row: RecordingRow): Uint8Array | null {
    if (row.person === null) return null;
    const name = this.db.prepare("SELECT name FROM people WHERE id = ?").pluck().get(row.person) as
      | string
      | undefined;
    return name === undefined ? null : commitmentTo(name, personSalt(this.keyring, row.id));
  }
}
