/**
 * What a mirror takes from its hub, and what it refuses. It has no key, and needs none to see that frames stand in
 * their place, that they are the ones the log's leaves speak of, and that the log only grows.
 */
import { sameBytes } from "../../protocol/bytes";
import { chainFrom, chainNext } from "../../protocol/chain";
import { decodeHeader } from "../../protocol/header";
import { decodeErasure, decodeOrigin, LeafType, leafType } from "../../protocol/leaves";
import { decodeManifest, type Manifest } from "../../protocol/manifest";
import { decodeCheckpoint, decodeNote, isSigned } from "../../protocol/note";
import type { FrameCopy, Value } from "../backup/changes";
import type { Replica } from "../backup/replica";
import { columnsOf, type Table } from "../backup/tables";
import { ed25519Verify, nodeCrypto } from "../crypto";
import { MerkleTree } from "../store/log/tree";
import { checkLogged, checkRow, refused } from "./rows";

const { sha256 } = nodeCrypto;

interface Place {
  device: Buffer;
  epoch: number;
  number: number;
  id: string;
  mk: Buffer;
}

interface CheckpointRow {
  log: number;
  size: number;
  root: Buffer;
  note: Buffer;
}

export class Watch {
  private readonly tree: MerkleTree;
  private readonly columns = new Map<string, string[]>();
  private leaves: { log: number; idx: number; recording: number | null; leaf: Buffer }[] = [];
  private checkpoints: CheckpointRow[] = [];
  private erased: number[] = [];
  private logged: [recording: Value, log: Value, idx: Value][] = [];
  private logsBefore = 0;
  private placeKey = -1;
  private place?: Place;

  /** @param publicKey of the hub, as it was at first contact */
  constructor(
    private readonly replica: Replica,
    private readonly publicKey: Uint8Array,
  ) {
    this.tree = new MerkleTree(replica.db, sha256);
  }

  begin(): void {
    this.leaves = [];
    this.checkpoints = [];
    this.erased = [];
    this.logged = [];
    this.placeKey = -1;
    this.logsBefore = this.count("SELECT count(*) FROM logs");
    this.replica.begin();
  }

  put(table: Table, values: Value[]): void {
    // The tree is made from the leaves here: a root of somebody else's nodes would prove nothing.
    if (table.name === "nodes") return;
    const value = this.reader(table.name, values);
    if (table.name === "recordings" && (value("mk") as Uint8Array).length === 0)
      this.erased.push(value("key") as number);
    if (table.kind === "whole" && !table.forgets) checkRow(this.replica.db, table, values);
    if (table.name === "logged") this.logged.push([value("recording"), value("log"), value("idx")]);
    this.replica.put(table, values);
    if (table.name === "leaves") this.leaf(value);
    if (table.name === "checkpoints") {
      const [log, size] = [value("log") as number, value("size") as number];
      this.checkpoints.push({ log, size, root: value("root") as Buffer, note: value("note") as Buffer });
    }
  }

  remove(table: Table, key: Value[]): void {
    this.replica.remove(table, key);
  }

  frame(recording: number, copy: FrameCopy): void {
    const place = this.placeOf(recording);
    const header = decodeHeader(copy.frame);
    const inPlace =
      place &&
      header.epoch === place.epoch &&
      header.recording === place.number &&
      header.sequence === copy.sequence &&
      header.type === copy.type;
    if (!inPlace)
      throw refused(
        "MIRROR_FRAMES",
        `frame ${copy.sequence} of recording ${place?.id ?? recording} was sealed for another place`,
      );
    this.replica.frame(recording, copy);
  }

  /** Whether what came holds. @throws MIRROR_FRAMES, MIRROR_LOG, MIRROR_ROW, MIRROR_SIGNATURE */
  check(): void {
    for (const { leaf, recording } of this.leaves) if (recording !== null) this.checkLeaf(recording, leaf);
    for (const recording of this.erased) this.checkErased(recording);
    for (const [recording, log, idx] of this.logged) checkLogged(this.replica.db, recording, log, idx);
    this.checkLogs();
    for (const checkpoint of this.checkpoints) this.checkCheckpoint(checkpoint);
  }

  /** After `check`. */
  commit(): void {
    this.replica.commit();
  }

  rollback(): void {
    this.replica.rollback();
  }

  private leaf(value: (name: string) => Value): void {
    const [log, idx, leaf] = [value("log") as number, value("idx") as number, value("leaf") as Buffer];
    const size = this.count("SELECT count(*) FROM nodes WHERE log = ? AND level = 0", log);
    if (idx !== size)
      throw refused("MIRROR_LOG", `leaf ${idx} of log ${log} came where leaf ${size} was due`);
    this.tree.append(log, idx, leaf);
    this.leaves.push({ log, idx, recording: value("recording") as number | null, leaf });
  }

  private checkLeaf(recording: number, leaf: Uint8Array): void {
    if (leafType(leaf) !== LeafType.recording) return;
    const place = this.placeOf(recording);
    const manifest = decodeManifest(leaf);
    if (
      !place ||
      !sameBytes(place.device, manifest.device) ||
      place.epoch !== manifest.epoch ||
      place.number !== manifest.recording
    )
      throw refused("MIRROR_LOG", `a leaf speaks of recording ${manifest.recording}, and stands at another`);
    if (place.mk.length === 0) return;
    const chain = this.chainOf(recording, manifest);
    if (!chain || !sameBytes(chain, manifest.chain))
      throw refused(
        "MIRROR_FRAMES",
        `the frames of recording ${place.id} are not the ones that its leaf in the log speaks of`,
      );
  }

  /** Along the frames that are here and the ranges that were declared lost; undefined when one is missing. */
  private chainOf(recording: number, manifest: Manifest): Uint8Array | undefined {
    let chain = chainFrom(nodeCrypto, manifest.device, manifest.epoch, manifest.recording, manifest.key);
    let next = 0;
    const jump = (to: number) => {
      while (next < to) {
        const drop = manifest.drops.find((one) => one.from <= next && next <= one.to && one.to > 0);
        if (!drop) return false;
        chain = drop.chain;
        next = drop.to + 1;
      }
      return true;
    };
    const rows = this.replica.db
      .prepare("SELECT sequence, frame FROM frames WHERE recording = ? AND sequence < ? ORDER BY sequence")
      .all(recording, manifest.to) as { sequence: number; frame: Buffer }[];
    for (const { sequence, frame } of rows) {
      if (!jump(sequence)) return undefined;
      if (sequence !== next) continue;
      chain = chainNext(nodeCrypto, chain, frame);
      next++;
    }
    return jump(manifest.to) ? chain : undefined;
  }

  /** A hub that was broken into must not have its mirror erase what its owner did not. */
  private checkErased(recording: number): void {
    const place = this.placeOf(recording)!;
    const leaves = this.replica.db
      .prepare("SELECT leaf FROM leaves WHERE recording = ?")
      .pluck()
      .all(recording) as Buffer[];
    const said = leaves.some((leaf) => {
      if (leafType(leaf) !== LeafType.erasure) return false;
      const erasure = decodeErasure(leaf);
      return (
        sameBytes(erasure.device, place.device) &&
        erasure.epoch === place.epoch &&
        erasure.recording === place.number
      );
    });
    if (!said)
      throw refused("MIRROR_LOG", `recording ${place.id} is to be erased, and the log says nothing of it`);
  }

  private checkLogs(): void {
    const logs = this.replica.db.prepare("SELECT id, size FROM logs ORDER BY id").all() as {
      id: number;
      size: number;
    }[];
    for (const { id, size } of logs) {
      const leaves = this.count("SELECT count(*) FROM leaves WHERE log = ?", id);
      if (leaves !== size)
        throw refused(
          "MIRROR_LOG",
          `log ${id} has ${size} leaves at the hub, ${leaves} were seen here: it was cut`,
        );
      if (this.logsBefore === 0 || id <= this.logsBefore) continue;
      const before = this.replica.db
        .prepare("SELECT note FROM checkpoints WHERE log = ? ORDER BY size DESC LIMIT 1")
        .pluck()
        .get(id - 1) as Buffer | undefined;
      const first = this.replica.db
        .prepare("SELECT leaf FROM leaves WHERE log = ? AND idx = 0")
        .pluck()
        .get(id) as Buffer | undefined;
      const follows =
        !before ||
        (first && leafType(first) === LeafType.origin && sameBytes(decodeOrigin(first).checkpoint, before));
      if (!follows)
        throw refused("MIRROR_LOG", `log ${id} does not begin with the last checkpoint of the log before it`);
    }
  }

  private checkCheckpoint({ log, size, root, note }: CheckpointRow): void {
    const origin = this.replica.db.prepare("SELECT origin FROM logs WHERE id = ?").pluck().get(log) as string;
    const signed = decodeNote(note);
    if (!isSigned(sha256, ed25519Verify, signed, { name: origin, publicKey: this.publicKey }))
      throw refused(
        "MIRROR_SIGNATURE",
        `the checkpoint of ${size} leaves is not signed by the hub that this mirror knows`,
      );
    const stated = decodeCheckpoint(signed.text);
    const here = this.tree.root(log, size);
    if (
      stated.origin !== origin ||
      stated.size !== size ||
      !sameBytes(stated.root, root) ||
      !sameBytes(here, root)
    )
      throw refused(
        "MIRROR_LOG",
        `the checkpoint of ${size} leaves is not of the leaves that were seen here: the log was rewritten`,
      );
  }

  private placeOf(recording: number): Place | undefined {
    if (recording !== this.placeKey) {
      this.place = this.replica.db
        .prepare("SELECT device, epoch, number, id, mk FROM recordings WHERE key = ?")
        .get(recording) as Place | undefined;
      this.placeKey = recording;
    }
    return this.place;
  }

  private reader(table: string, values: Value[]): (name: string) => Value {
    let columns = this.columns.get(table);
    if (!columns) {
      columns = columnsOf(this.replica.db, table);
      this.columns.set(table, columns);
    }
    return (name) => values[columns.indexOf(name)] ?? null;
  }

  private count(sql: string, ...values: unknown[]): number {
    return this.replica.db
      .prepare(sql)
      .pluck()
      .get(...values) as number;
  }
}
