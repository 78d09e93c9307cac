/** The read side: a connection of its own that sees committed frames only, also beside a process that writes. */
import type { Database, Statement } from "better-sqlite3";
import { type Drop, decodeData, decodeDrop, decodeMark, type Mark } from "../../protocol/bodies";
import { fromHex, toHex } from "../../protocol/bytes";
import { type Certificate, DeviceClass, decodeCertificate } from "../../protocol/certificate";
import { blockSamples, decodeBlock } from "../../protocol/codec/block";
import { decodeHeader, FrameType } from "../../protocol/header";
import { blockShape, decodeOpen, type Open } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { nodeCrypto } from "../crypto";
import { Blocks } from "./blocks";
import { type ClaimState, claimState, type DataKind } from "./claims";
import type { DeviceRow } from "./devices";
import { openBeside } from "./directory";
import { erasedAt, erasureRefused } from "./erase";
import { StoreError } from "./errors";
import { FindingsReader } from "./findings/reading";
import type { FrameRow } from "./frames";
import type {
  DeviceInfo,
  Gap,
  OpenedFrame,
  Piece,
  RecordingInfo,
  RecordingState,
  VerifyReport,
} from "./infos";
import type { Keyring } from "./keyring";
import { LayersReader, type OverReadInfo } from "./layers/reading";
import { LogReader } from "./log/reading";
import { loggedSeconds } from "./log/since";
import { fingerprintOf, isSimulationMaker } from "./makers";
import { People, type PersonInfo } from "./people";
import { Makers } from "./pinned";
import {
  isErased,
  RECORDING_COLUMNS,
  RecordingFlag,
  type RecordingRow,
  recordingKeyPlace,
} from "./recordings";
import { UNKNOWN_DEVICE } from "./refusals";
import { isRevokedAt, RevocationLists } from "./revocations";
import { SealedTable } from "./rows";
import { type Runs, totalOf } from "./runs";
import { type Progress, type VerifyOptions, verifyStore } from "./verify";

const CLASS_NAMES: Record<number, DeviceInfo["class"]> = {
  [DeviceClass.locked]: "locked",
  [DeviceClass.dev]: "dev",
  [DeviceClass.simulated]: "simulated",
  [DeviceClass.adopted]: "adopted",
};
/** Fewest characters that an abbreviation of a recording's id has. */
const MIN_ABBREVIATION = 4;
const PSEUDONYM_DIGITS = 16;

export class StoreReader {
  /** The store's log. */
  readonly log: LogReader;
  readonly findings: FindingsReader;
  /** What was said beside recordings. */
  readonly layers: LayersReader;
  /** Whose handhelds are believed. */
  readonly makers: Makers;
  readonly revocations: RevocationLists;
  private readonly persons: People;
  private readonly frameRows: Statement;
  private readonly framesOfType: Statement;
  private readonly marksBackwards: Statement;
  private readonly table: SealedTable<RecordingRow>;

  private constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    /** What the data directory is for. */
    readonly kind: DataKind,
  ) {
    this.log = new LogReader(db, keyring, (id) => this.rowOf(id));
    this.findings = new FindingsReader(db, keyring);
    this.layers = new LayersReader(db, keyring);
    this.makers = new Makers(db, keyring);
    this.revocations = new RevocationLists(db, keyring);
    this.persons = new People(db, keyring);
    this.table = new SealedTable(db, keyring, "recordings", RECORDING_COLUMNS, 1);
    this.frameRows = db.prepare(
      "SELECT sequence, type, frame FROM frames WHERE recording = ? AND sequence >= ? ORDER BY sequence",
    );
    // Left to itself, SQLite reads through a whole day's recording to find its open frame.
    this.framesOfType = db.prepare(
      `SELECT sequence, type, frame FROM frames INDEXED BY rare_frames
       WHERE recording = ? AND type = ? AND type <> 2 ORDER BY sequence`,
    );
    this.marksBackwards = db.prepare(
      `SELECT sequence, type, frame FROM frames INDEXED BY rare_frames
       WHERE recording = ? AND type = ${FrameType.mark} AND type <> 2 ORDER BY sequence DESC`,
    );
  }

  /** @throws STORE_OPEN, STORE_NEWER, STORE_FOREIGN, STORE_SCHEMA, STORE_KEYRING_* */
  static open(dataDir: string): StoreReader {
    const { db, keyring, meta } = openBeside(dataDir, true);
    return new StoreReader(db, keyring, meta.get("kind") as DataKind);
  }

  close(): void {
    this.db.close();
  }

  /** Of every handheld that was claimed, as its maker signed it. */
  certificates(): Uint8Array[] {
    return this.db.prepare("SELECT certificate FROM devices ORDER BY id").pluck().all() as Buffer[];
  }

  devices(): DeviceInfo[] {
    const rows = this.db.prepare("SELECT * FROM devices ORDER BY claimed_at, id").all() as DeviceRow[];
    return rows.map((row) => ({
      id: toHex(row.id),
      alias: toHex(row.alias),
      ...this.certified(decodeCertificate(row.certificate)),
      name: row.name ?? undefined,
      person: this.personName(row.person),
      epoch: row.epoch,
      claimedAt: row.claimed_at,
      lastContact: row.contact_at ?? undefined,
      status: row.status === null ? undefined : JSON.parse(row.status),
      recordings: this.db
        .prepare("SELECT count(*) FROM recordings WHERE device = ? AND held > 0")
        .pluck()
        .get(row.id) as number,
      refusals: this.refusals(toHex(row.id)),
    }));
  }

  /** Its newest ownership, and what its maker signed of it. @param device its id in hex */
  ownership(device: string): { epoch: number; certificate: Certificate } | undefined {
    const row = this.db
      .prepare("SELECT epoch, certificate FROM devices WHERE id = ?")
      .get(Buffer.from(device, "hex")) as Pick<DeviceRow, "epoch" | "certificate"> | undefined;
    return row && { epoch: row.epoch, certificate: decodeCertificate(row.certificate) };
  }

  private certified(certificate: Certificate): Pick<DeviceInfo, "class" | "maker" | "revoked"> {
    const { deviceClass, maker } = certificate;
    const isMade = deviceClass !== DeviceClass.adopted && !isSimulationMaker(maker);
    const revoked = this.revocations.of(certificate);
    return {
      class: CLASS_NAMES[deviceClass],
      ...(isMade && { maker: fingerprintOf(maker) }),
      ...(revoked && { revoked: { since: revoked.since, reason: revoked.reason } }),
    };
  }

  /** Messages refused by kind, of a device (hex), or of aliases that belong to none. */
  refusals(device: string = UNKNOWN_DEVICE): Record<string, number> {
    const rows = this.db
      .prepare("SELECT kind, count FROM refusals WHERE device = ? ORDER BY kind")
      .raw()
      .all(device);
    return Object.fromEntries(rows as [string, number][]);
  }

  /** By name, each with how many recordings are hers now. */
  people(): (PersonInfo & { recordings: number })[] {
    const counts = this.layers.counts();
    return this.persons.list().map((one) => ({ ...one, recordings: counts.get(one.id) ?? 0 }));
  }

  /** Whose it is now, with what is noted of her. */
  personOf(id: string): PersonInfo | undefined {
    const person = this.layers.personOf(this.rowOf(id));
    return this.persons.list().find((one) => one.id === person);
  }

  /** When a recording was given to whom, oldest first, and whose it was when it was made; null is nobody. */
  assignments(id: string) {
    const { key, person } = this.rowOf(id);
    const named = (of: number | null) => this.personName(of) ?? null;
    const assigned = this.layers.assigned(key);
    return {
      born: named(person),
      assignments: assigned.map((one) => ({ ...one, from: named(one.from), to: named(one.to) })),
    };
  }

  /** Oldest first. */
  overReads(id: string): OverReadInfo[] {
    return this.layers.overReads(this.rowOf(id).key);
  }

  claimState(id: number): ClaimState | undefined {
    return claimState(this.db, this.keyring, id);
  }

  /** Oldest first. @param filter.device in hex */
  recordings(filter: { device?: string } = {}): RecordingInfo[] {
    const rows = this.db.prepare("SELECT * FROM recordings ORDER BY key").all() as RecordingRow[];
    return rows
      .filter((row) => filter.device === undefined || toHex(row.device) === filter.device)
      .map((row) => this.infoOf(row));
  }

  /** Ids of those whose row was edited, or of which two frames claim one place. */
  altered(): string[] {
    const rows = this.db.prepare("SELECT * FROM recordings").iterate() as Iterable<RecordingRow>;
    const ids: string[] = [];
    for (const row of rows)
      if (!this.table.intact(row) || (row.flags & RecordingFlag.conflict) !== 0) ids.push(row.id);
    return ids;
  }

  /** So many, newest first. @param after behind which the page begins; @throws STORE_NOT_FOUND, STORE_AMBIGUOUS */
  page(limit: number, after?: string): RecordingInfo[] {
    const below = after === undefined ? Number.MAX_SAFE_INTEGER : this.rowOf(after).key;
    const rows = this.db
      .prepare("SELECT * FROM recordings WHERE key < ? ORDER BY key DESC LIMIT ?")
      .all(below, limit) as RecordingRow[];
    return rows.map((row) => this.infoOf(row));
  }

  /** The one that a handheld (hex) began last, of those that hold frames and were not erased. */
  newestRecording(device: string): RecordingInfo | undefined {
    const row = this.db
      .prepare(
        `SELECT * FROM recordings WHERE device = ? AND held > 0 AND length(mk) > 0
         ORDER BY epoch DESC, number DESC LIMIT 1`,
      )
      .get(fromHex(device)) as RecordingRow | undefined;
    return row && this.infoOf(row);
  }

  /**
   * @param idOrAbbreviation the id, its first characters, or device-epoch-number
   * @throws STORE_NOT_FOUND, STORE_AMBIGUOUS
   */
  recording(idOrAbbreviation: string): RecordingInfo {
    return this.infoOf(this.rowOf(idOrAbbreviation));
  }

  /** Opened, in order of sequence. @param from a sequence; @throws FRAME_TAG for an altered one */
  *frames(id: string, from = 0): Generator<OpenedFrame> {
    const row = this.rowOf(id);
    const key = this.keyOf(row);
    for (const { frame } of this.frameRows.iterate(row.key, from) as Iterable<FrameRow>) {
      yield { header: decodeHeader(frame), frame, body: openFrame(nodeCrypto, key, frame) };
    }
  }

  /**
   * Decoded blocks, in order: those that hold samples from `from` to before `to`.
   * @throws STORE_NO_OPEN, STORE_ERASED, FRAME_TAG, BLOCK_*
   */
  *pieces(id: string, from = 0, to = Number.POSITIVE_INFINITY): Generator<Piece> {
    for (const { firstSample, block, shape } of this.encoded(id, from, to))
      yield { firstSample, samples: decodeBlock(block, shape) };
  }

  /** Where blocks stand that hold samples from `from` to before `to`, undecoded. @throws as pieces does */
  *spans(
    id: string,
    from = 0,
    to = Number.POSITIVE_INFINITY,
  ): Generator<{ firstSample: number; samples: number }> {
    for (const { firstSample, block, shape } of this.encoded(id, from, to))
      yield { firstSample, samples: blockSamples(block, shape) };
  }

  /** For whoever wants some of it. @throws STORE_NO_OPEN, STORE_ERASED */
  blocks(id: string): Blocks {
    const row = this.rowOf(id);
    return new Blocks(this.db, row.key, this.keyOf(row), blockShape(this.openOf(row.id)));
  }

  /** What was declared lost of it, by itself and by later ones; may overlap. @throws FRAME_TAG for an altered one */
  drops(id: string): Drop[] {
    const row = this.rowOf(id);
    return row.gaps === "[]" || isErased(row) ? [] : this.dropsOf(row);
  }

  /** Where samples are not held, ascending. */
  gaps(id: string): Gap[] {
    const row = this.rowOf(id);
    if (row.gaps === "[]" || isErased(row)) return [];
    const drops = this.dropsOf(row);
    const shape = blockShape(this.openOf(id));
    const gaps: Gap[] = [];
    let position = 0;
    const upTo = (sample: number) => {
      if (sample <= position) return;
      const lost = position;
      const drop = drops.find((d) => lost >= d.firstSample && lost < d.firstSample + d.samples);
      gaps.push({ firstSample: lost, samples: sample - lost, reason: drop ? drop.reason : 0 });
    };
    for (const { header, body } of this.frames(id)) {
      if (header.type !== FrameType.data) continue;
      const { firstSample, block } = decodeData(body);
      upTo(firstSample);
      position = firstSample + blockSamples(block, shape);
    }
    upTo(row.samples);
    return gaps;
  }

  marks(id: string): Mark[] {
    return this.opened(this.rowOf(id), FrameType.mark).map(decodeMark);
  }

  /** The last one of these kinds (MarkKind). @throws FRAME_TAG for an altered one */
  newestMark(id: string, kinds: number[]): Mark | undefined {
    const row = this.rowOf(id);
    const key = this.keyOf(row);
    for (const { frame } of this.marksBackwards.iterate(row.key) as Iterable<FrameRow>) {
      const mark = decodeMark(openFrame(nodeCrypto, key, frame));
      if (kinds.includes(mark.kind)) return mark;
    }
    return undefined;
  }

  /**
   * 16 hex digits for where neither an id nor an alias may stand: the same as long as the keyring lives, and nobody
   * without it tells whose they are.
   */
  pseudonym(purpose: string, of: string): string {
    return toHex(this.keyring.mac(JSON.stringify(["pseudonym", purpose, of]))).slice(0, PSEUDONYM_DIGITS);
  }

  /** 32 bytes that nobody derives who has not the keyring; the same ones for the same purpose and thing. */
  secret(purpose: string, of: string): Buffer {
    return this.keyring.mac(JSON.stringify(["secret", purpose, of]));
  }

  /** Offline, from the sealed frames alone. @param progress called with frames done and in all */
  verify(id?: string, progress?: Progress, options?: VerifyOptions): VerifyReport {
    const one = id === undefined ? undefined : this.rowOf(id).id;
    return verifyStore(this.db, this.keyring, one, progress, options);
  }

  private *encoded(id: string, from: number, to: number) {
    const shape = blockShape(this.openOf(id));
    const first = from > 0 ? this.blocks(id).sequenceOf(from) : 0;
    for (const { header, body } of this.frames(id, first)) {
      if (header.type !== FrameType.data) continue;
      const { firstSample, block } = decodeData(body);
      if (firstSample >= to) return;
      if (firstSample + blockSamples(block, shape) > from) yield { firstSample, block, shape };
    }
  }

  private rowOf(abbreviation: string): RecordingRow {
    const place = /^([0-9a-f]{16})-(\d{1,5})-(\d{1,10})$/.exec(abbreviation);
    if (place) {
      const row = this.db
        .prepare("SELECT * FROM recordings WHERE device = ? AND epoch = ? AND number = ?")
        .get(fromHex(place[1]), Number(place[2]), Number(place[3])) as RecordingRow | undefined;
      if (row) return row;
    }
    const found = (
      abbreviation.length >= MIN_ABBREVIATION && /^[0-9a-f]*$/.test(abbreviation)
        ? this.db.prepare("SELECT * FROM recordings WHERE id GLOB ? LIMIT 2").all(`${abbreviation}*`)
        : []
    ) as RecordingRow[];
    if (found.length === 1) return found[0];
    if (found.length > 1) {
      throw new StoreError(
        "STORE_AMBIGUOUS",
        `more than one recording begins with ${abbreviation}: give more of its id`,
      );
    }
    throw new StoreError(
      "STORE_NOT_FOUND",
      `no recording ${abbreviation} here: 'avnode recordings' lists them (${MIN_ABBREVIATION} characters of an id suffice)`,
    );
  }

  /** Of a row that was altered too, flagged so: whoever lists recordings needs the others all the more then. */
  private infoOf(row: RecordingRow): RecordingInfo {
    const intact = this.table.intact(row);
    const open = intact ? this.openFrameOf(row) : undefined;
    const total = (runs: string) => (intact ? totalOf(JSON.parse(runs) as Runs) : 0);
    const certificate = this.db
      .prepare("SELECT certificate FROM devices WHERE id = ?")
      .pluck()
      .get(row.device) as Buffer;
    const decoded = decodeCertificate(certificate);
    const { deviceClass } = decoded;
    const revoked = this.revocations.of(decoded);
    const isRevoked = revoked && isRevokedAt(revoked, loggedSeconds(this.db, this.keyring, row.key));
    return {
      id: row.id,
      device: toHex(row.device),
      epoch: row.epoch,
      recording: row.number,
      open,
      startMs: open?.startMs ?? 0,
      trust: open?.trust ?? 0,
      frames: isErased(row) ? 0 : row.held,
      holes: total(row.missing),
      samples: row.samples,
      dropped: total(row.gaps),
      state: this.stateOf(row),
      simulated: deviceClass === DeviceClass.simulated,
      adopted: deviceClass === DeviceClass.adopted,
      ...(isRevoked && { revoked: { since: revoked.since, reason: revoked.reason } }),
      person: this.personName(this.layers.personOf(row)),
      marks: this.framesOfType.all(row.key, FrameType.mark).length,
      flags: [
        ...(intact ? [] : (["altered"] as const)),
        ...(row.flags & RecordingFlag.malformed ? (["malformed"] as const) : []),
        ...(row.flags & RecordingFlag.conflict ? (["conflict"] as const) : []),
        ...(row.flags & RecordingFlag.afterClose ? (["after-close"] as const) : []),
      ],
      firstAt: row.first_at ?? undefined,
      lastAt: row.last_at ?? undefined,
      erasedAt: isErased(row) ? erasedAt(this.db, row.key) : undefined,
      erasureRefused: erasureRefused(this.db, row.key),
    };
  }

  private stateOf(row: RecordingRow): RecordingState {
    if (row.closed_at !== null) return "closed";
    if (row.held === 0) return "pending";
    const later = this.db
      .prepare(
        `SELECT 1 FROM recordings WHERE device = @device AND held > 0
         AND (epoch > @epoch OR (epoch = @epoch AND number > @number)) LIMIT 1`,
      )
      .get(row);
    return later ? "truncated" : "recording";
  }

  private openOf(id: string): Open {
    const open = this.openFrameOf(this.rowOf(id));
    if (open) return open;
    const row = this.rowOf(id);
    if (isErased(row)) throw this.erased(row);
    throw new StoreError(
      "STORE_NO_OPEN",
      `recording ${id} cannot be decoded: its open frame has not arrived. Bring the handheld near and try again`,
    );
  }

  private erased(row: RecordingRow): StoreError {
    const at = erasedAt(this.db, row.key);
    const date = at === undefined ? "" : ` on ${new Date(at).toISOString().slice(0, 10)}`;
    return new StoreError(
      "STORE_ERASED",
      `recording ${row.id} was erased by its owner${date}: its samples are gone. 'avnode show ${row.id}' says what stays`,
    );
  }

  private openFrameOf(row: RecordingRow): Open | undefined {
    const [body] = this.opened(row, FrameType.open);
    try {
      return body && decodeOpen(body);
    } catch {
      return undefined;
    }
  }

  private opened(row: RecordingRow, type: number): Uint8Array[] {
    const rows = this.framesOfType.all(row.key, type) as FrameRow[];
    if (rows.length === 0) return [];
    const key = this.keyOf(row);
    return rows.map(({ frame }) => openFrame(nodeCrypto, key, frame));
  }

  /** What this recording and the ones after it declared lost of it. */
  private dropsOf(row: RecordingRow): Drop[] {
    const rows = this.db
      .prepare("SELECT * FROM recordings WHERE device = ? AND epoch = ? AND number >= ? ORDER BY number")
      .all(row.device, row.epoch, row.number) as RecordingRow[];
    return rows
      .flatMap((source) => this.opened(source, FrameType.drop))
      .map(decodeDrop)
      .filter((drop) => drop.recording === row.number);
  }

  /** @throws STORE_ERASED, STORE_SECRET */
  private keyOf(row: RecordingRow): Uint8Array {
    if (isErased(row)) throw this.erased(row);
    return this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, row.epoch, row.number));
  }

  private personName(id: number | null): string | undefined {
    if (id === null) return undefined;
    return this.persons.nameOf(id);
  }
}
