/**
 * The store's append-only log. It is written within the transaction that writes the frames, so that neither is ever on
 * disk without the other, and no leaf without a checkpoint over it.
 *
 * A recording gets a leaf when it is closed and whole (with its signature, or a minute later without), or when it is
 * over without a close; a running one every hour, and when it falls silent; a logged one again when more of it comes.
 */
import type { Database, Statement } from "better-sqlite3";
import { sameBytes, toHex } from "../../../protocol/bytes";
import { decodeCertificate } from "../../../protocol/certificate";
import { FrameType } from "../../../protocol/header";
import { encodeErasure } from "../../../protocol/leaves";
import { encodeManifest, type Manifest } from "../../../protocol/manifest";
import { decodeOpen } from "../../../protocol/open";
import { openFrame } from "../../../protocol/seal";
import type { Clock } from "../../clock";
import { nodeCrypto as crypto } from "../../crypto";
import type { Devices } from "../devices";
import { codeOf } from "../errors";
import type { Keyring } from "../keyring";
import type { Log } from "../log";
import type { Meta } from "../meta";
import type { Recording, RecordingRow, Recordings } from "../recordings";
import { Appender } from "./appender";
import type { CheckpointRow } from "./checkpoints";
import { Logged, type LoggedRow } from "./logged";
import { Manifests } from "./manifests";
import type { Walk } from "./walk";

const PART_SECONDS = 3600;
const SILENCE_MS = 3_600_000;
/** The signature frame comes right behind the close, if it comes. */
const SIGNATURE_MS = 60_000;
/** Recordings looked at within one transaction because time passed. */
const MAX_LOOKS = 64;
/** Walks kept in memory between commits. */
const MAX_WALKS = 256;

/** A frame that was just stored. */
export interface TakenFrame {
  type: number;
  sequence: number;
  frame: Uint8Array;
  body: Uint8Array;
}

/** A recording whose last leaf is not made. */
interface Pending {
  device: string;
  epoch: number;
  number: number;
  /** When it was looked at, and how long until it is again although nothing of it comes. */
  lookedAt: number;
  waitMs: number;
}

type RecordingPlace = Pick<RecordingRow, "key" | "device" | "epoch" | "number">;

export class StoreLog {
  private readonly appender: Appender;
  private readonly logged: Logged;
  private readonly manifests: Manifests;
  private readonly leafSelection: Statement;
  private readonly erasedSelection: Statement;
  private readonly pending = new Map<number, Pending>();
  private walks = new Map<number, Walk>();
  /** Handhelds that began a recording within this transaction. */
  private readonly begun = new Set<string>();
  /** Recordings whose trouble was told: not again with every frame. */
  private readonly told = new Set<number>();
  private hurried = false;

  constructor(
    private readonly db: Database,
    keyring: Keyring,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly devices: Devices,
    private readonly recordings: Recordings,
    meta: Meta,
  ) {
    this.appender = new Appender(db, keyring, meta, clock.now());
    this.logged = new Logged(db, keyring);
    this.manifests = new Manifests(db, keyring, recordings);
    this.leafSelection = db.prepare("SELECT leaf FROM leaves WHERE log = ? AND idx = ?").pluck();
    this.erasedSelection = db.prepare("SELECT 1 FROM erased WHERE recording = ?").pluck();
    this.load();
  }

  get newest(): CheckpointRow | undefined {
    return this.appender.newest;
  }

  /** A frame that was stored within the open transaction. */
  take(recording: Recording, { type, sequence, frame, body }: TakenFrame): void {
    if (type === FrameType.open) this.begun.add(recording.device.hex);
    this.attempt(recording.row.key, () => {
      const walk = this.walkOf(recording);
      if (sequence === walk.frames && type < FrameType.close) walk.pass(sequence, type, frame, body);
      else if (sequence < walk.frames) this.restart(recording);
    });
  }

  /** Appends what is due, within the caller's transaction. @param touched recordings that changed in it */
  settle(touched: Iterable<Recording>): void {
    const now = this.clock.now();
    const looked = new Set<number>();
    const look = (recording: Recording) => {
      if (looked.has(recording.row.key)) return;
      looked.add(recording.row.key);
      this.look(recording, now);
    };
    for (const recording of touched) look(recording);
    let left = this.hurried ? this.pending.size : MAX_LOOKS;
    for (const [key, one] of this.pending) {
      // One that began may have ended the ones before it.
      if (!this.begun.has(one.device) && (left === 0 || !this.isDue(one, now))) continue;
      if (!looked.has(key) && left > 0) left--;
      this.attempt(key, () => {
        const device = this.devices.get(one.device);
        const recording = device && this.recordings.find(device, one.epoch, one.number);
        if (recording) look(recording);
      });
    }
    this.begun.clear();
    this.appender.sign(now);
  }

  /** Whether time alone makes a leaf due. */
  due(): boolean {
    const now = this.clock.now();
    for (const one of this.pending.values()) if (this.isDue(one, now)) return true;
    return false;
  }

  /** Nothing waits any longer: the store is about to close. */
  hurry(): void {
    this.hurried = true;
    for (const one of this.pending.values()) one.waitMs = 0;
  }

  /** Says in the log that a recording was erased, within the caller's transaction. */
  erase({ key, device, epoch, number }: RecordingPlace): void {
    const at = this.clock.now();
    const logged = this.logged.get(key);
    const manifest = logged && logged.log === this.appender.log ? logged.idx : null;
    this.appender.append(encodeErasure({ manifest, device, epoch, recording: number, at }), key);
    this.appender.sign(at);
    this.pending.delete(key);
    this.walks.delete(key);
  }

  /** Says in the log that something was said beside a recording, within the caller's transaction. */
  layer(leaf: Uint8Array): { log: number; idx: number } {
    // The leaf's row names no recording: of its leaves the newest counts, and this is none of them.
    const idx = this.appender.append(leaf, null);
    this.appender.sign(this.clock.now());
    return { log: this.appender.log, idx };
  }

  /** After the transaction is on disk. */
  saved(): void {
    if (this.walks.size > MAX_WALKS) this.walks = new Map([...this.walks].slice(-MAX_WALKS / 2));
  }

  /** Takes what is on disk for true, after a commit that failed. */
  reload(): void {
    this.appender.reload();
    this.load();
  }

  private load(): void {
    this.walks.clear();
    this.begun.clear();
    this.pending.clear();
    const rows = this.db
      .prepare(
        `SELECT key, device, epoch, number FROM recordings WHERE next > 0
         AND NOT EXISTS (SELECT 1 FROM logged WHERE recording = key AND final = 1)
         AND NOT EXISTS (SELECT 1 FROM erased WHERE recording = key)`,
      )
      .all() as RecordingPlace[];
    for (const row of rows) this.await(row, 0, Number.NEGATIVE_INFINITY);
  }

  private await({ key, device, epoch, number }: RecordingPlace, waitMs: number, now: number): void {
    this.pending.set(key, { device: toHex(device), epoch, number, lookedAt: now, waitMs });
  }

  private isDue({ lookedAt, waitMs }: Pending, now: number): boolean {
    return Math.abs(now - lookedAt) >= waitMs;
  }

  private walkOf(recording: Recording): Walk {
    const { key } = recording.row;
    let walk = this.walks.get(key);
    if (!walk) {
      walk = this.manifests.walkFrom(recording, this.logged.get(key));
      this.walks.set(key, walk);
    }
    return walk;
  }

  /** A frame of a stretch that was declared lost came after all: what the walk counted is no longer true. */
  private restart(recording: Recording): void {
    const { key } = recording.row;
    const walk = this.manifests.walkFrom(recording);
    this.walks.set(key, walk);
    const logged = this.logged.get(key);
    if (logged) this.keep(logged, walk, false);
  }

  private look(recording: Recording, now: number): void {
    if (recording.row.next === 0) return;
    this.await(recording.row, SILENCE_MS, now);
    this.attempt(recording.row.key, () => {
      if (this.erasedSelection.get(recording.row.key)) {
        this.pending.delete(recording.row.key);
        return;
      }
      const manifest = this.manifestOf(recording, now);
      if (manifest) this.append(recording, manifest);
    });
  }

  /** What to say of the recording now, if anything. */
  private manifestOf(recording: Recording, now: number): Manifest | undefined {
    const { row, missing } = recording;
    const walk = this.walkOf(recording);
    const reach = Math.min(missing[0]?.from ?? row.next, row.closed_at ?? row.next);
    this.manifests.advance(recording, walk, reach);
    if (row.closed_at !== null && missing.length === 0) {
      if (!this.awaitsSignature(recording, now)) return this.manifests.closed(recording, walk);
      this.await(row, SIGNATURE_MS, now);
      return undefined;
    }
    if (this.isOver(recording)) return this.manifests.truncated(recording, walk, reach);
    const logged = this.logged.get(row.key);
    const silent = row.last_at !== null && Math.abs(now - row.last_at) >= SILENCE_MS;
    const hour = walk.open
      ? (PART_SECONDS * walk.open.rateNum) / walk.open.rateDen
      : Number.POSITIVE_INFINITY;
    const due =
      walk.samples - (logged?.samples ?? 0) >= hour || (silent && walk.frames > (logged?.frames ?? 0));
    return due ? this.manifests.part(recording, walk) : undefined;
  }

  private awaitsSignature(recording: Recording, now: number): boolean {
    const { row, device } = recording;
    if (this.hurried || this.logged.get(row.key)?.final) return false;
    if (decodeCertificate(device.row.certificate).trees.length === 0) return false;
    if (this.manifests.signatureOf(recording)) return false;
    return row.last_at !== null && Math.abs(now - row.last_at) < SIGNATURE_MS;
  }

  /** Whether a recording without its close has nothing more to come, as what came after it tells. */
  private isOver(recording: Recording): boolean {
    const { row, device, missing } = recording;
    if (row.epoch < device.row.epoch) return true;
    if (missing.length > 0 || device.epochs.get(row.epoch)!.ratchet.number === row.number + 1) return false;
    const next = this.recordings.openAfter(recording);
    if (!next) return false;
    const { previous } = decodeOpen(openFrame(crypto, next.recording.key, next.frame));
    if (previous?.recording !== row.number) return false;
    // The ring had forgotten it: what it once held was receipted, or declared lost.
    return previous.frames === 0 || previous.frames <= row.next;
  }

  private append(recording: Recording, manifest: Manifest): void {
    const { key } = recording.row;
    const before = this.logged.get(key);
    const leaf = encodeManifest(manifest);
    const walk = this.walkOf(recording);
    const known = before && (this.leafSelection.get(before.log, before.idx) as Buffer | undefined);
    const same = known !== undefined && sameBytes(known, leaf);
    const idx = same ? before!.idx : this.appender.append(leaf, key);
    const log = same ? before!.log : this.appender.log;
    const final = manifest.part ? 0 : 1;
    this.keep({ recording: key, log, idx, final } as LoggedRow, walk, before === undefined);
    if (final) this.pending.delete(key);
  }

  private keep(row: LoggedRow, { frames, chain, samples, lost }: Walk, isNew: boolean): void {
    const { recording, log, idx, final } = row;
    const walked = { frames, chain: Buffer.from(chain), samples, lost: JSON.stringify(lost) };
    this.logged.put({ recording, log, idx, final, ...walked }, isNew);
  }

  /** Frames and receipts go on whatever is wrong with one recording's leaf. @param key of the recording */
  private attempt(key: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (codeOf(error).startsWith("SQLITE")) throw error;
      this.walks.delete(key);
      if (this.told.has(key)) return;
      this.told.add(key);
      this.log.error({ code: codeOf(error) }, `cannot log a recording: ${(error as Error).message}`);
    }
  }
}
