/**
 * The store: takes sealed messages of handhelds, keeps their frames on disk, and issues the receipts that free flash.
 * It knows nothing of radio, MQTT or web.
 */
import type { Database } from "better-sqlite3";
import { sameBytes, toHex } from "../../protocol/bytes";
import { decodeCertificate } from "../../protocol/certificate";
import { CLAIM_WINDOW_MS } from "../../protocol/claim";
import { type Command, encodeCommand, Op, type Status } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { FrameType, isRecorded, MAX_FRAME_BYTES } from "../../protocol/header";
import { ROOT_BYTES } from "../../protocol/keys";
import { encodeReceipt } from "../../protocol/receipt";
import { type DeviceHello, decodeDeviceHello, messageType } from "../../protocol/session";
import { type Clock, systemClock } from "../clock";
import { nodeCrypto } from "../crypto";
import { certifyAdopted, isAdopted, MAX_ADOPTED, type Seat } from "./adopted";
import { newAlias } from "./aliases";
import { type ClaimState, Claims, claimState, type DataKind, fileClaim, withdrawClaim } from "./claims";
import { type CommitOptions, Committer, type Health } from "./commit";
import { type Device, Devices } from "./devices";
import { makeDirectory, type Opened, openBeside, openToWrite } from "./directory";
import { fileErasure } from "./erase";
import { Eraser } from "./eraser";
import { codeOf, StoreError } from "./errors";
import { StoreEvents } from "./events";
import { Analyses } from "./findings/analyses";
import type { Checkpoint } from "./findings/types";
import { Frames } from "./frames";
import { Ingest, type StoredFrame } from "./ingest";
import type { Keyring } from "./keyring";
import { Layers } from "./layers/layers";
import type { OverReadLayer } from "./layers/rows";
import { Leaves } from "./leaves";
import { lockDirectory } from "./lock";
import { type Log, silentLog } from "./log";
import { StoreLog } from "./log/log";
import { nameDevice } from "./naming";
import { Orders } from "./orders";
import { People, type PersonDetails, type PersonInfo } from "./people";
import { Makers } from "./pinned";
import { StoreReader } from "./reader";
import { RECEIPT_LIMITS, type ReceiptLimits, Receipts } from "./receipts";
import { type RecordingRow, Recordings } from "./recordings";
import { type RefusalKind, Refusals, UNKNOWN_DEVICE } from "./refusals";
import { Sessions } from "./sessions";
import { Tables } from "./tables";

export interface StoreOptions {
  dataDir: string;
  kind: DataKind;
  clock?: Clock;
  log?: Log;
  crypto?: Crypto;
  commit?: CommitOptions;
  receipts?: Readonly<ReceiptLimits>;
}

export interface ClaimOptions {
  person?: string;
  /** The handheld's public papers (protocol/dossier.ts). */
  dossier?: Uint8Array;
}

const DEFAULT_COMMIT: CommitOptions = { frames: 256, delayMs: 20 };
/** How often what other processes ask for is looked for. */
const POLL_MS = 500;
/** What radio and broker may add to a time on its way, and how well a hub's clock is kept. */
const CLOCK_UNCERTAINTY_MS = 1000;
/** A handheld that is ours already blinks for so long when it is claimed again. */
const IDENTIFY_SECONDS = 10;
/** Frames of an adopted file between two commits. */
const ADOPTED_FRAMES = 256;
/** Recordings that one new session is told about. */
const MAX_RECEIPTS = 256;

interface Waiting {
  device: Device;
  frame: Uint8Array;
}

export class Store {
  /** Called with messages for the handheld of that alias. */
  onSend: (alias: Uint8Array, message: Uint8Array) => void = () => {};
  /** Called after a commit with the log's new checkpoint, as a signed note. */
  onCheckpoint: (note: Uint8Array) => void = () => {};
  readonly events: StoreEvents;
  readonly reader: StoreReader;

  private readonly clock: Clock;
  private readonly log: Log;
  private readonly crypto: Crypto;
  private readonly db: Database;
  private readonly keyring: Keyring;
  private readonly devices: Devices;
  private readonly recordings: Recordings;
  private readonly sessions: Sessions;
  private readonly claims: Claims;
  private readonly refusals: Refusals;
  private readonly ingest: Ingest;
  private readonly storeLog: StoreLog;
  private readonly receipts: Receipts;
  private readonly eraser: Eraser;
  private readonly analyses: Analyses;
  private readonly people: People;
  private readonly layers: Layers;
  private readonly orders: Orders;
  private readonly committer: Committer<Waiting>;
  private stored: StoredFrame[] = [];
  /** Leaves under the checkpoint that was told last. */
  private toldSize = 0;
  private memoryIsAhead = false;
  /** The newest claim that handhelds were asked to say hello for. */
  private askedFor = 0;
  private savesRefusals = false;
  private cancelPoll: () => void = () => {};

  /**
   * Takes the directory's lock, migrates, loads or makes the keyring.
   * @throws StoreError: STORE_LOCKED, STORE_OPEN, STORE_KIND, STORE_NEWER, STORE_FOREIGN, STORE_SCHEMA, STORE_KEYRING_*
   */
  static open(options: StoreOptions): Store {
    makeDirectory(options.dataDir);
    const unlock = lockDirectory(options.dataDir);
    let opened: Opened | undefined;
    try {
      opened = openToWrite(options.dataDir, options.kind, options.crypto?.random);
      return new Store(options, opened, unlock);
    } catch (error) {
      opened?.db.close();
      unlock();
      throw error;
    }
  }

  /** Takes the lock of a directory that is there, whatever kind it is of. @throws as open does */
  static openAsIs(dataDir: string): Store {
    const { db, meta } = openBeside(dataDir, true);
    const kind = meta.get("kind") as DataKind;
    db.close();
    return Store.open({ dataDir, kind });
  }

  private constructor(
    options: StoreOptions,
    { db, keyring, meta }: Opened,
    private readonly unlock: () => void,
  ) {
    this.clock = options.clock ?? systemClock;
    this.log = options.log ?? silentLog;
    this.events = new StoreEvents(this.log);
    const crypto = options.crypto ?? nodeCrypto;
    this.crypto = crypto;
    this.db = db;
    this.keyring = keyring;
    this.devices = new Devices(db, keyring, crypto, meta);
    this.recordings = new Recordings(db, keyring, crypto, this.devices);
    this.claims = new Claims(db, keyring, crypto, this.clock, options.kind, this.devices);
    this.sessions = new Sessions(crypto, this.clock, keyring, (alias) => !!this.devices.byAlias(alias));
    this.refusals = new Refusals(db, this.clock, this.log);
    const leaves = new Leaves(db, crypto, this.recordings);
    this.ingest = new Ingest(crypto, this.clock, this.recordings, new Frames(db), leaves);
    this.storeLog = new StoreLog(db, keyring, this.clock, this.log, this.devices, this.recordings, meta);
    const limits = options.receipts ?? RECEIPT_LIMITS;
    this.receipts = new Receipts(this.clock, limits, keyring, this.recordings, this.log, {
      checkpoint: () => this.storeLog.newest,
      settle: () => this.committer.flush(),
      isLive: (device) => this.sessions.isLive(device.row.alias),
      ask: (device) => this.askHello(device.row.alias),
      send: (device, receipt) => {
        const sealed = this.seal(device, FrameType.receipt, encodeReceipt(receipt));
        if (!sealed) return;
        this.onSend(device.row.alias, sealed.message);
        this.events.tell("receipted", device.hex, receipt);
      },
    });
    this.committer = new Committer(db, this.clock, this.log, options.commit ?? DEFAULT_COMMIT, {
      write: (batch) => this.write(batch),
      done: () => this.written(),
      undo: () => {
        this.memoryIsAhead = true;
        this.stored = [];
      },
      timed: (times) => this.events.tell("committed", times),
    });
    this.analyses = new Analyses(db, keyring);
    this.people = new People(db, keyring);
    this.layers = new Layers(db, keyring, crypto.random, (leaf) => this.storeLog.layer(leaf));
    this.orders = new Orders(db, keyring);
    this.eraser = new Eraser(db, keyring, this.clock, this.log, {
      settle: () => {
        this.committer.flush();
        this.memoryIsAhead = true;
      },
      erased: (row) => {
        this.storeLog.erase(row);
        this.analyses.erase(row);
        this.layers.erase(row.key);
      },
      done: (row) => {
        this.recordings.reload();
        if (!row) return;
        this.reader.findings.letGo(toHex(row.device));
        this.events.tell("erased", row.id);
      },
    });
    this.reader = StoreReader.open(options.dataDir);
    this.poll();
  }

  /** Whether the disk takes frames, and since when not. */
  get health(): Health {
    return this.committer.health;
  }

  /** The log's newest checkpoint on disk, as a signed note. */
  get checkpoint(): Uint8Array | undefined {
    return this.storeLog.newest?.note;
  }

  /** Anything that came from a handheld under this alias. Never throws: refuses, counts, tells. */
  receive(alias: Uint8Array, message: Uint8Array): void {
    const device = this.devices.byAlias(toHex(alias));
    // No handheld has that name, so nobody on the air or on MQTT speaks for it.
    if (device && isAdopted(device)) {
      this.refuse(undefined, "unknown-device");
      return;
    }
    try {
      const refused = this.dispatch(alias, device, message);
      if (refused) this.refuse(device, refused);
    } catch (error) {
      this.log.error({ code: codeOf(error), error: (error as Error).stack }, "a message could not be taken");
      // A full disk is told by its code, and is no defect.
      this.refuse(device, codeOf(error).startsWith("SQLITE_") ? "disk" : "internal");
    }
  }

  /** Counts what somebody before the store refused, under the handheld's alias where it bore one. */
  refused(alias: Uint8Array | undefined, kind: RefusalKind): void {
    this.refuse(alias && this.devices.byAlias(toHex(alias)), kind);
  }

  /**
   * Offers ownership to the handheld with this code, whose button is held within the next minute.
   * @returns the claim's number; @throws as Tables.add does
   */
  claim(code: Uint8Array, options: ClaimOptions = {}): number {
    if (options.dossier) this.addDossier(options.dossier);
    const id = fileClaim(this.db, this.keyring, code, options.person, this.clock.now());
    this.askClaimable();
    this.askedFor = id;
    return id;
  }

  /** Keeps the public tables of a handheld, so that its signatures can be checked here. @returns its id in hex; @throws as Tables.add does */
  addDossier(bytes: Uint8Array): string {
    return toHex(new Tables(this.db).add(this.keyring, bytes).device);
  }

  /** Pins the maker of the handheld that a claim met, whose answer is then taken. @throws STORE_MAKERS, STORE_ALTERED */
  believeMaker(claim: number): void {
    const { makers } = this.reader;
    const met = makers.metAt(claim);
    if (!met) throw new StoreError("STORE_MAKERS", `claim ${claim} met no maker: file it again`);
    this.beside(() => new Makers(this.db, this.keyring).pin(met, this.clock.now(), { claim }));
  }

  claimState(id: number): ClaimState | undefined {
    return claimState(this.db, this.keyring, id);
  }

  /** Ends a claim before its minute is over, if it still waits. */
  withdrawClaim(id: number): void {
    withdrawClaim(this.db, id);
  }

  /** Seals a command into the device's session. @returns what the status says as its last command once it is carried out; @throws STORE_NO_SESSION */
  command(deviceHex: string, command: Command): number {
    const device = this.devices.get(deviceHex);
    const sealed = device && this.seal(device, FrameType.command, encodeCommand(command));
    if (!sealed) {
      throw new StoreError(
        "STORE_NO_SESSION",
        `cannot command ${deviceHex}: it is not connected. Bring it near and try again`,
      );
    }
    this.onSend(device.row.alias, sealed.message);
    return sealed.counter + 1;
  }

  /** What its owner calls a handheld. @param device the first characters of its id; @throws as nameDevice does */
  name(device: string, name: string): void {
    nameDevice(this.db, this.keyring, device, name);
  }

  /**
   * Destroys the recording's key and frames; its row and its place in the log stay.
   * @param id whole
   * @throws STORE_NOT_FOUND, STORE_ALTERED; errors of SQLite
   */
  forget(id: string): void {
    const key = this.db.prepare("SELECT key FROM recordings WHERE id = ?").pluck().get(id) as
      | number
      | undefined;
    if (key === undefined) throw new StoreError("STORE_NOT_FOUND", `no recording ${id} here to forget`);
    this.eraser.erase(key);
  }

  /**
   * Keeps what an analysis has found, with the state from which it goes on, in a transaction of its own: frames and
   * receipts do not depend on it.
   * @returns the number of the analysis
   * @throws as Analyses.take does; nothing is kept then
   */
  keepFindings(checkpoint: Checkpoint): number {
    const { open } = this.reader.recording(checkpoint.recording);
    const { number, events } = this.analyses.take(checkpoint, open);
    if (events.length > 0) this.events.tell("found", events);
    return number;
  }

  /** @throws PERSON_NAME, PERSON_MANY; errors of SQLite */
  addPerson(details: PersonDetails): PersonInfo {
    return this.beside(() => this.people.add(details));
  }

  /** @throws PERSON_NAME, PERSON_UNKNOWN; errors of SQLite */
  changePerson(id: number, details: PersonDetails): PersonInfo {
    return this.beside(() => this.people.change(id, details));
  }

  /** Whose a handheld's next recordings are; null is nobody. @throws STORE_UNKNOWN_DEVICE, PERSON_UNKNOWN */
  assignDevice(deviceHex: string, person: number | null): void {
    const device = this.devices.get(deviceHex);
    if (!device) throw new StoreError("STORE_UNKNOWN_DEVICE", `no handheld ${deviceHex} here`);
    this.beside(() => {
      if (person !== null) this.people.require(person);
      this.devices.assign(device, person);
    });
  }

  /**
   * Gives a recording to a person, or to nobody: a layer beside it, so that its row and its leaf stay as they were.
   * @param id whole
   * @returns false when it was that person's already
   * @throws STORE_NOT_FOUND, STORE_ALTERED, STORE_LAYERS, PERSON_UNKNOWN
   */
  assign(id: string, person: number | null): boolean {
    return this.beside(() => {
      if (person !== null) this.people.require(person);
      const row = this.recordingRow(id);
      const from = this.reader.layers.personOf(row);
      if (from === person) return false;
      this.layers.person(row, { from, to: person }, this.clock.now());
      return true;
    });
  }

  /** Keeps a signed over-read beside a recording. @param id whole; @throws STORE_NOT_FOUND, STORE_ERASED, STORE_ALTERED, STORE_LAYERS */
  overRead(id: string, said: OverReadLayer): void {
    this.beside(() => this.layers.overRead(this.recordingRow(id), said, this.clock.now()));
  }

  /**
   * Keeps what stands in a stranger's file as a recording of its own, sealed and logged as any, and signed by nobody.
   * Each has an ownership with a fresh root: a store that was restored from a backup never seals twice with one key.
   * It stops between two commits wherever `frames` does, so that a hub goes on meanwhile.
   * @param frames sealed with the seat's key, the open frame first and a close last
   * @returns the seat; @throws STORE_ADOPTED_MANY, STORE_NOT_KEPT, what `frames` throws
   */
  async adopt(
    person: string | undefined,
    frames: (seat: Seat) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<Seat> {
    const known = [...this.devices.all()].find(isAdopted);
    const certificate = known
      ? decodeCertificate(known.row.certificate)
      : certifyAdopted(this.crypto.random, this.clock.now());
    const epoch = (known?.row.epoch ?? 0) + 1;
    if (epoch > MAX_ADOPTED) {
      throw new StoreError(
        "STORE_ADOPTED_MANY",
        `${MAX_ADOPTED} files were adopted here: begin another store`,
      );
    }
    this.beside(() =>
      this.devices.register({
        id: certificate.device,
        certificate,
        alias: known?.row.alias ?? newAlias(this.keyring, this.crypto.random),
        epoch,
        root: this.crypto.random(ROOT_BYTES),
        person: person === undefined ? null : this.people.idOf(person),
        at: this.clock.now(),
      }),
    );
    this.devices.reload();
    const device = this.devices.get(toHex(certificate.device))!;
    const { ratchet } = device.epochs.get(epoch)!;
    const seat = { device: certificate.device, epoch, number: 1, key: ratchet.recordingKey(1) };
    let waiting = 0;
    for await (const frame of frames(seat)) {
      this.committer.push({ device, frame: Buffer.from(frame) });
      if (++waiting % ADOPTED_FRAMES !== 0) continue;
      this.committer.flush();
      this.requireHealth();
      await new Promise(setImmediate);
    }
    this.committer.flush();
    this.requireHealth();
    return seat;
  }

  private requireHealth(): void {
    const { ok, reason } = this.committer.health;
    if (ok) return;
    throw new StoreError(
      "STORE_NOT_KEPT",
      `the disk takes no frames (${reason}): make room, and adopt it again`,
    );
  }

  /** Commits now. */
  flush(): void {
    this.committer.flush();
  }

  close(): void {
    this.cancelPoll();
    this.storeLog.hurry();
    this.committer.close();
    this.receipts.close();
    this.reader.close();
    this.db.close();
    this.unlock();
  }

  private dispatch(
    alias: Uint8Array,
    device: Device | undefined,
    message: Uint8Array,
  ): RefusalKind | undefined {
    if (message.length > MAX_FRAME_BYTES) return "malformed";
    let type: number;
    try {
      type = messageType(message);
    } catch (error) {
      return codeOf(error) === "FRAME_VERSION" ? "version" : "malformed";
    }
    if (type === FrameType.deviceHello) return this.hello(alias, device, message);
    if (type === FrameType.claim) return this.claimAnswer(alias, device, message);
    if (!device) return this.offered(alias) ? this.askHello(alias) : "unknown-device";
    if (type === FrameType.status) return this.status(device, message);
    if (type === FrameType.update) return this.update(device, message);
    if (!isRecorded(type)) return "malformed";
    this.committer.push({ device, frame: message });
    return undefined;
  }

  private hello(alias: Uint8Array, device: Device | undefined, message: Uint8Array): RefusalKind | undefined {
    let hello: DeviceHello;
    try {
      hello = decodeDeviceHello(message);
    } catch {
      return "malformed";
    }
    if (!sameBytes(hello.alias, alias)) return "malformed";
    if (device && hello.epoch !== device.row.epoch) return "epoch";
    const rk = device ? device.epochs.get(device.row.epoch)?.rk : this.claims.offeredKey(alias);
    if (!rk && !hello.claimable) {
      if (hello.held) this.claims.heldElsewhere(alias);
      return "unknown-device";
    }
    const answer = this.sessions.hello(hello, rk);
    if (!answer.message || !answer.storeNonce) return answer.refused;
    this.onSend(alias, answer.message);
    if (!hello.claimable) return undefined;
    const { messages, refused } = this.claims.offer(hello, answer.storeNonce);
    for (const offer of messages) this.onSend(alias, offer);
    return refused;
  }

  private claimAnswer(
    alias: Uint8Array,
    device: Device | undefined,
    message: Uint8Array,
  ): RefusalKind | undefined {
    const nonces = this.sessions.nonces(alias);
    if (nonces.length === 0) return device || this.offered(alias) ? this.askHello(alias) : "unknown-device";
    const outcome = this.claims.answer(alias, nonces, message);
    if (typeof outcome !== "string") {
      const maker = this.reader.devices().find(({ id }) => id === outcome.device)?.maker;
      const made = maker === undefined ? "" : `, made by ${maker}`;
      this.log.info({ device: outcome.device, maker }, `claimed handheld ${outcome.device}${made}`);
      // Its sessions under the alias before are over.
      if (!this.devices.byAlias(toHex(alias))) this.sessions.forget(alias);
      return undefined;
    }
    // A handheld repeats its answer until it hears us: ours already, nothing to tell.
    return device && outcome === "claim-answer" ? undefined : outcome;
  }

  private status(device: Device, message: Uint8Array): RefusalKind | undefined {
    const outcome = this.sessions.status(device.row.alias, device.row.epoch, message);
    if (typeof outcome === "string") return this.unheard(device, outcome);
    const { said: status, began } = outcome;
    const before = device.row.status ? (JSON.parse(device.row.status) as Status).refused : 0;
    if (status.refused > before) this.refuse(device, "by-handheld");
    device.row.status = JSON.stringify(status);
    device.row.contact_at = this.clock.now();
    device.dirty = true;
    if (began) {
      // The time comes first: it sets the clock, and by its seal the handheld knows that we hold its keys.
      this.command(device.hex, {
        op: Op.time,
        unixMs: device.row.contact_at,
        uncertaintyMs: CLOCK_UNCERTAINTY_MS,
      });
      const first = Math.max(1, status.oldestRecording, status.newestRecording - MAX_RECEIPTS + 1);
      for (let number = first; number <= status.newestRecording; number++)
        this.receipts.due(device, number, "asked");
    }
    this.claims.proved(device.hex);
    this.committer.soon();
    if (began) this.events.tell("connected", device.hex);
    return undefined;
  }

  private update(device: Device, message: Uint8Array): RefusalKind | undefined {
    const outcome = this.sessions.update(device.row.alias, device.row.epoch, message);
    if (typeof outcome === "string") return this.unheard(device, outcome);
    this.events.tell("updated", device.hex, outcome.said);
    return undefined;
  }

  /** Of another session than those known here: one that lives is asked for. */
  private unheard(device: Device, refused: RefusalKind): RefusalKind {
    if (!this.sessions.isLive(device.row.alias)) this.askHello(device.row.alias);
    return refused;
  }

  private write(batch: Waiting[]): void {
    this.catchUp();
    this.stored = [];
    for (const { device, frame } of batch) {
      const { recording, stored, refused, alarm } = this.ingest.take(device, frame);
      if (refused) this.refuse(device, refused);
      if (alarm) this.refuse(device, alarm);
      if (recording && recording.row.epoch === device.row.epoch && !isAdopted(device))
        this.receipts.due(device, recording.row.number, "fresh");
      // What is here already may be a recording of the air, played again: no sign that the handheld is near.
      if (!stored) continue;
      device.row.contact_at = this.clock.now();
      device.dirty = true;
      this.stored.push(stored);
      this.storeLog.take(recording!, { ...stored.header, frame, body: stored.body });
    }
    this.storeLog.settle(this.recordings.touched());
    this.recordings.save();
    this.devices.save();
    this.savesRefusals = this.refusals.due();
    if (this.savesRefusals) this.refusals.save();
  }

  private written(): void {
    this.recordings.saved();
    this.devices.saved();
    this.storeLog.saved();
    if (this.savesRefusals) this.refusals.saved();
    const { stored } = this;
    this.stored = [];
    this.receipts.send();
    this.tellCheckpoint();
    if (stored.length > 0) this.events.tell("stored", stored);
  }

  private tellCheckpoint(): void {
    const { newest } = this.storeLog;
    if (!newest || newest.size === this.toldSize) return;
    this.toldSize = newest.size;
    this.onCheckpoint(newest.note);
  }

  /** After a commit that failed. */
  private catchUp(): void {
    if (!this.memoryIsAhead) return;
    this.devices.reload();
    this.recordings.reload();
    this.storeLog.reload();
    this.memoryIsAhead = false;
  }

  /** A transaction of its own between two commits. */
  private beside<T>(act: () => T): T {
    this.committer.flush();
    this.catchUp();
    try {
      const result = this.db.transaction(act).immediate();
      this.tellCheckpoint();
      return result;
    } catch (error) {
      // What the log counted is undone on disk alone.
      this.memoryIsAhead = true;
      throw error;
    }
  }

  private recordingRow(id: string): RecordingRow {
    const row = this.db.prepare("SELECT * FROM recordings WHERE id = ?").get(id) as RecordingRow | undefined;
    if (!row) throw new StoreError("STORE_NOT_FOUND", `no recording ${id} here`);
    return row;
  }

  private seal(device: Device, type: number, body: Uint8Array) {
    return this.sessions.seal(device.row.alias, type, device.row.epoch, body);
  }

  private askHello(alias: Uint8Array): undefined {
    const request = this.sessions.request(alias);
    if (request) this.onSend(alias, request);
  }

  /**
   * Whoever held the button before the claim was filed says hello again, with a fresh nonce. Whoever is ours already by
   * the code of the claim shows which one it is, and proves by its answer that it is ours still.
   */
  private askClaimable(): void {
    for (const alias of this.sessions.claimable(CLAIM_WINDOW_MS)) this.askHello(alias);
    for (const hex of this.claims.expected()) {
      const alias = this.devices.get(hex)?.row.alias;
      if (alias && this.sessions.isLive(alias))
        this.command(hex, { op: Op.identify, seconds: IDENTIFY_SECONDS });
    }
  }

  private offered(alias: Uint8Array): boolean {
    return this.claims.offeredKey(alias) !== undefined;
  }

  private refuse(device: Device | undefined, kind: RefusalKind): void {
    this.refusals.count(device?.hex ?? UNKNOWN_DEVICE, kind);
    this.events.tell("refused", kind);
  }

  /** Looks for what other processes ask for, and gives refusals a commit when no frame does. */
  private poll(): void {
    this.cancelPoll = this.clock.after(POLL_MS, () => {
      this.poll();
      try {
        const newest = this.claims.expire();
        if (newest > this.askedFor) this.askClaimable();
        this.askedFor = Math.max(newest, this.askedFor);
      } catch (error) {
        this.log.warn({ code: codeOf(error) }, "cannot look for claims");
      }
      try {
        this.eraser.eraseAsked();
      } catch (error) {
        this.log.warn({ code: codeOf(error) }, "cannot look for recordings to erase");
      }
      try {
        this.orders.carryOut(this.clock.now(), (device, command) => this.command(device, command));
      } catch (error) {
        this.log.warn({ code: codeOf(error) }, "cannot look for what handhelds are to be told");
      }
      if (this.refusals.due() || this.storeLog.due()) this.committer.soon();
    });
  }
}

/** Files a claim into the hub that another process runs on this directory. @returns its number, for StoreReader.claimState */
export function fileClaimBeside(dataDir: string, code: Uint8Array, person?: string): number {
  const { db, keyring } = openBeside(dataDir, false);
  try {
    return fileClaim(db, keyring, code, person, systemClock.now());
  } finally {
    db.close();
  }
}

/** Ends a claim before its minute is over, if it still waits. @param id its number */
export function withdrawClaimBeside(dataDir: string, id: number): void {
  const { db } = openBeside(dataDir, false);
  try {
    withdrawClaim(db, id);
  } finally {
    db.close();
  }
}

/** Names a handheld, whether a hub runs on this directory or not. @returns its id; @throws as nameDevice does */
export function nameDeviceBeside(dataDir: string, abbreviation: string, name: string): string {
  const { db, keyring } = openBeside(dataDir, false);
  try {
    return nameDevice(db, keyring, abbreviation, name);
  } finally {
    db.close();
  }
}

/** Asks the hub that another process runs on this directory to forget a recording. @param id whole */
export function fileErasureBeside(dataDir: string, id: string): void {
  const { db } = openBeside(dataDir, false);
  try {
    fileErasure(db, id, systemClock.now());
  } finally {
    db.close();
  }
}
