/** The handheld as a state machine: idle, recording, draining. Recording never waits for the radio. */
import { CloseReason, MarkKind } from "../protocol/bodies";
import { sameBytes } from "../protocol/bytes";
import { CLAIM_WINDOW_MS, decodeClaim } from "../protocol/claim";
import { type Command, MonitorState, Op, Setting, type Status } from "../protocol/command";
import { decodeHeader, FrameType, MAX_NUMBER } from "../protocol/header";
import { claimKey, Direction, firstChainKey, nextChainKey, receiptKey, unownedAlias } from "../protocol/keys";
import { ClockTrust, RecordingMode } from "../protocol/open";
import type { Receipt } from "../protocol/receipt";
import { refusal } from "../protocol/refusal";
import { openFrame, sealFrame } from "../protocol/seal";
import type { StoreHello } from "../protocol/session";
import type { UpdateState } from "../protocol/update";
import { type Board, Pattern } from "./board/board";
import { Display, type Situation } from "./display";
import { Link, type Owner } from "./link";
import { firmwareOf, Recorder } from "./recorder";
import { Ring } from "./ring";
import { Sampler, type Sink } from "./sampler";
import { Update } from "./update";
import { Upkeep } from "./upkeep";
import { type Keys, seenNothing, Vault } from "./vault";

/** No leaf is as high: whoever starts there signs nothing. */
const NO_LEAF = 0xffffffff;
/** A strip's length unless the hub set another. */
const STRIP_SECONDS = 30;
/** Notifications a second that a hub may set. */
const SLOWEST_PACE = 10;
const FASTEST_PACE = 200;
/** The owner is warned when the ring is that full. */
const NEARLY_FULL_PERMILLE = 800;
/** A LiPo cell below it has minutes to hours left; the owner is told. */
const BATTERY_LOW_MILLIVOLTS = 3500;
/** Below it, block after block, a recording ends with its close while there is power to write one. */
const BATTERY_EMPTY_MILLIVOLTS = 3300;
const BATTERY_EMPTY_BLOCKS = 3;
/** At rest the battery is looked at so often. */
const LOOK_MS = 60000;

export class Monitor implements Owner, Sink {
  state = MonitorState.idle;
  readonly link: Link;
  private readonly ring: Ring;
  private readonly vault: Vault;
  private readonly recorder: Recorder;
  private readonly sampler: Sampler;
  private readonly upkeep: Upkeep;
  private readonly updates: Update;
  private readonly display: Display;
  private ownerKeys: Keys | undefined;
  private readonly bootAlias: Uint8Array;
  private heldUntilMs = 0;
  private stripSeconds = STRIP_SECONDS;
  /** Unix time at uptime 0, 0 while unknown. */
  private epochMs = 0;
  private trust = ClockTrust.unknown;
  private nearlyFull = false;
  private contact = true;
  /** Blocks in a row with the battery all but empty. */
  private emptyBlocks = 0;

  /** Boots: finds keys and frames in flash, and goes on draining what is owed. */
  constructor(private readonly board: Board) {
    const self = this;
    this.vault = new Vault(board.vault, board.crc32);
    this.ring = new Ring(board.flash, board.crc32, board.crypto);
    this.bootAlias = unownedAlias(board.crypto, board.identity.claimCode, board.crypto.random(8));
    this.ownerKeys = this.vault.load();
    if (board.wipeAsked()) this.wipe();
    this.ring.load(this.ownerKeys ? this.ownerKeys.epoch : 0, function () {
      board.alive();
    });
    this.link = new Link(board, this.ring, this);
    this.upkeep = new Upkeep(board, this.ring, {
      recording() {
        return self.state === MonitorState.recording;
      },
      sending() {
        return self.state === MonitorState.draining && self.link.proved();
      },
      signed() {
        return self.recorder.emptied();
      },
      updating() {
        return self.updates.busy();
      },
      updated(bearsErase) {
        return self.updates.step(bearsErase);
      },
    });
    this.updates = new Update(board, {
      recording() {
        return self.state === MonitorState.recording;
      },
      unfinished() {
        return self.state === MonitorState.recording || self.recorder.signing();
      },
      owes() {
        return self.state === MonitorState.draining;
      },
      tell() {
        self.link.sendUpdate();
      },
      work() {
        self.upkeep.update();
      },
    });
    this.recorder = new Recorder(board, this.ring, this.vault, function (recording, sequence) {
      self.link.appended(recording, sequence);
    });
    this.recorder.inherit(this.ring.holes());
    this.sampler = new Sampler(board.frontEnd, this, board.encode);
    board.radio.advertise(this.ownerKeys !== undefined);
    this.display = new Display(board, function () {
      return self.situation();
    });
    this.rest();
    this.look();
  }

  /** A short press: starts a strip, or marks the moment while recording. */
  press(): void {
    if (this.state !== MonitorState.recording) this.start(RecordingMode.strip, 0);
    else this.mark();
  }

  /** Its owner points at this moment, here or at her hub. @throws COMMAND_VALUE while there is none to point at */
  private mark(): void {
    if (this.state !== MonitorState.recording)
      throw refusal("COMMAND_VALUE", "nothing is recorded that could be marked");
    this.recorder.mark(MarkKind.symptom, this.sampler.taken(), true);
    this.display.answer();
  }

  /** Keys first: what the ring holds nobody can read from then on, and its pages count as free. */
  private wipe(): void {
    if (this.ownerKeys) this.vault.wipe();
    this.ownerKeys = undefined;
  }

  /**
   * The button held: for a minute a handheld without owner may be claimed with its code. One that has an owner says that
   * it was held, so that a hub that cannot claim it can tell why; its own hub needs no telling, and no new session.
   */
  hold(): void {
    this.display.answer();
    this.heldUntilMs = this.board.uptimeMs() + CLAIM_WINDOW_MS;
    if (!this.link.proved()) this.link.hello();
  }

  /** Begins a recording; an unclaimed handheld refuses to seal, so it asks to be claimed instead. */
  start(mode: number, seconds: number): void {
    if (this.state === MonitorState.recording) return;
    if (!this.ownerKeys || this.ownerKeys.recording > MAX_NUMBER) {
      this.display.show(Pattern.claimMe);
      return;
    }
    const length = mode === RecordingMode.strip && seconds === 0 ? this.stripSeconds : seconds;
    const startMs = this.trust === ClockTrust.unknown ? 0 : Math.floor(this.epochMs + this.board.uptimeMs());
    this.heldUntilMs = 0;
    // The burned number holds even if a defect of the flash ends the start right here.
    const keys = this.ownerKeys;
    this.ownerKeys = this.recorder.burn(keys);
    this.recorder.start(keys, mode, length, startMs, this.trust);
    this.state = MonitorState.recording;
    this.contact = true;
    this.nearlyFull = false;
    this.emptyBlocks = 0;
    // Until the first block: then the recording itself is shown.
    if (this.batteryBelow(BATTERY_LOW_MILLIVOLTS)) this.display.show(Pattern.lowBattery);
    else this.display.answer();
    const frontEnd = this.board.frontEnd;
    this.sampler.start(Math.round((length * frontEnd.rateNum) / frontEnd.rateDen));
    this.link.sendStatus();
  }

  stop(): void {
    this.finish(CloseReason.stopped);
  }

  /** The front end is dead: the recording ends with what it holds. */
  giveUp(): void {
    this.finish(CloseReason.error);
  }

  /** Samples per lead of the running recording so far. */
  taken(): number {
    return this.sampler.taken();
  }

  /** Sink: a block is collected. */
  block(firstSample: number, bytes: Uint8Array, samples: number): void {
    this.recorder.data(firstSample, bytes, samples);
    this.watchRing();
    this.watchContact();
    this.watchBattery();
    this.display.update();
  }

  private watchRing(): void {
    const before = this.nearlyFull;
    this.nearlyFull = this.ring.fullTo(NEARLY_FULL_PERMILLE);
    if (this.nearlyFull && !before) this.recorder.mark(MarkKind.ringNearlyFull, this.sampler.taken(), false);
  }

  private watchContact(): void {
    const frontEnd = this.board.frontEnd;
    const contact = !frontEnd.contact || frontEnd.contact();
    if (contact === this.contact) return;
    this.contact = contact;
    this.recorder.mark(contact ? MarkKind.leadOn : MarkKind.leadOff, this.sampler.taken(), false);
  }

  private watchBattery(): void {
    this.emptyBlocks = this.batteryBelow(BATTERY_EMPTY_MILLIVOLTS) ? this.emptyBlocks + 1 : 0;
    if (this.emptyBlocks !== BATTERY_EMPTY_BLOCKS) return;
    const self = this;
    // Not from here: the sampler may be in the midst of a block that it had to halve.
    this.board.after(0, function () {
      self.finish(CloseReason.lowBattery);
    });
  }

  /** A board that cannot read its battery says 0. */
  private batteryBelow(millivolts: number): boolean {
    const read = this.board.batteryMillivolts();
    return read > 0 && read < millivolts;
  }

  /** Nothing else tells of a battery that runs down while the unit rests. */
  private look(): void {
    const self = this;
    this.board.after(LOOK_MS, function () {
      self.display.update();
      self.look();
    });
  }

  private situation(): Situation {
    return {
      owned: this.ownerKeys !== undefined,
      state: this.state,
      contact: this.contact,
      nearlyFull: this.nearlyFull,
      // A recording reads its battery by itself, once a block, and shows other things.
      batteryLow: this.state !== MonitorState.recording && this.batteryBelow(BATTERY_LOW_MILLIVOLTS),
    };
  }

  /** Sink: the front end lost samples. */
  lost(firstSample: number, samples: number): void {
    this.recorder.lost(firstSample, samples);
  }

  /** Sink: the length asked for is reached. */
  complete(): void {
    this.finish(CloseReason.complete);
  }

  /** Sink: the FIFO fills again. */
  emptied(): boolean {
    return this.upkeep.emptied();
  }

  private finish(reason: number): void {
    if (this.state !== MonitorState.recording) return;
    this.state = MonitorState.draining;
    this.sampler.stop();
    this.ownerKeys = this.recorder.close(this.ownerKeys!, reason);
    this.rest();
    this.link.sendStatus();
  }

  /** Not recording: draining while the ring owes frames or a close waits for its signature, idle otherwise. */
  private rest(): void {
    if (this.state === MonitorState.recording) return;
    const usage = this.ring.usage();
    const owes = this.recorder.signing() || usage.backlog > 0;
    this.state = owes ? MonitorState.draining : MonitorState.idle;
    this.nearlyFull = this.ring.fullTo(NEARLY_FULL_PERMILLE);
    this.display.update();
    this.upkeep.rest();
  }

  keys(): Keys | undefined {
    return this.ownerKeys;
  }

  epoch(): number {
    const past = this.vault.past();
    return past ? past.epoch : 0;
  }

  temporaryAlias(): Uint8Array {
    return this.bootAlias;
  }

  claimable(): boolean {
    return !this.ownerKeys && this.board.uptimeMs() < this.heldUntilMs;
  }

  held(): boolean {
    return this.ownerKeys !== undefined && this.board.uptimeMs() < this.heldUntilMs;
  }

  status(lastCommand: number, refused: number): Status {
    const usage = this.ring.usage();
    const newest = this.ownerKeys ? this.ownerKeys.recording - 1 : 0;
    return {
      state: this.state,
      batteryMillivolts: this.board.batteryMillivolts(),
      ringPermille: usage.permille,
      backlog: usage.backlog,
      oldestRecording: usage.oldestRecording === 0 ? newest : usage.oldestRecording,
      newestRecording: newest,
      uptimeMs: Math.floor(this.board.uptimeMs()),
      trust: this.trust,
      lastCommand,
      refused,
      signatures: this.recorder.signatures(this.ownerKeys ? this.ownerKeys.leaf : this.firstLeaf()),
      firmware: firmwareOf(this.board),
    };
  }

  /**
   * Where an unclaimed unit goes on to sign. One that recorded before and yet knows of no owner has lost count of its
   * leaves, and a leaf that signs twice is worse than none that signs.
   */
  private firstLeaf(): number {
    const past = this.vault.past();
    if (past) return past.leaf;
    return this.ring.used() ? NO_LEAF : 0;
  }

  /** The next close says which checkpoint was seen. Only in RAM until the vault is written anyway: flash wears. */
  private witness(receipt: Receipt): void {
    const keys = this.ownerKeys!;
    const grown = receipt.checkpointSize > keys.seen.size;
    const restored = receipt.checkpointSize > 0 && !sameBytes(receipt.generation, keys.seen.generation);
    if (!grown && !restored) return;
    keys.seen = {
      generation: receipt.generation,
      size: receipt.checkpointSize,
      root: receipt.checkpointRoot,
    };
  }

  update(): UpdateState {
    return this.updates.state();
  }

  receipted(receipt: Receipt): void {
    this.witness(receipt);
    this.recorder.lostForGood(this.ring.gone(receipt.recording, receipt.holes));
    if (this.state !== MonitorState.draining) return;
    this.rest();
    if (this.state !== MonitorState.draining) this.link.sendStatus();
  }

  command(command: Command): void {
    if (command.op === Op.start) this.start(command.mode!, command.seconds!);
    else if (command.op === Op.stop) this.stop();
    else if (command.op === Op.time) this.setTime(command.unixMs!);
    else if (command.op === Op.identify) this.display.identify(command.seconds!);
    else if (command.op === Op.mark) this.mark();
    else if (command.op >= Op.offer) this.updates.command(command);
    else this.set(command.setting!, command.value!);
  }

  private set(setting: number, value: number): void {
    if (setting === Setting.stripSeconds && value >= 1) this.stripSeconds = value;
    else if (setting === Setting.notificationsPerSecond && value >= SLOWEST_PACE && value <= FASTEST_PACE)
      this.link.limit(value);
    else throw refusal("COMMAND_VALUE", "setting " + setting + " cannot be " + value + " on this handheld");
  }

  private setTime(unixMs: number): void {
    this.epochMs = unixMs - this.board.uptimeMs();
    this.trust = ClockTrust.setByHub;
  }

  claim(message: Uint8Array, hello: StoreHello): void {
    if (this.ownerKeys) throw refusal("CLAIM_OWNED", "a claim, but only its button ends an ownership");
    if (!this.claimable())
      throw refusal("CLAIM_WINDOW", "a claim, but nobody held the button in the last minute");
    const header = decodeHeader(message);
    const epoch = this.epoch() + 1;
    if (header.epoch !== epoch || header.sequence !== 0) {
      throw refusal("CLAIM_EPOCH", "a claim for epoch " + header.epoch + ", the next one is " + epoch);
    }
    const crypto = this.board.crypto;
    const code = this.board.identity.claimCode;
    const key = claimKey(crypto, code, Direction.down, hello.deviceNonce, hello.nonce);
    const claim = decodeClaim(openFrame(crypto, key, message));
    const keys: Keys = {
      epoch,
      recording: 1,
      chainKey: nextChainKey(crypto, firstChainKey(crypto, claim.root)),
      receiptKey: receiptKey(crypto, claim.root),
      alias: claim.alias,
      previousClose: new Uint8Array(32),
      leaf: this.firstLeaf(),
      seen: seenNothing(),
      confirmed: false,
    };
    this.vault.save(keys);
    this.ownerKeys = keys;
    this.board.radio.advertise(true);
    this.ring.clear(epoch);
    this.heldUntilMs = 0;
    this.rest();
  }

  claimAnswer(hello: StoreHello): Uint8Array | undefined {
    const keys = this.ownerKeys;
    if (!keys || keys.confirmed) return undefined;
    const crypto = this.board.crypto;
    const identity = this.board.identity;
    const key = claimKey(crypto, identity.claimCode, Direction.up, hello.deviceNonce, hello.nonce);
    const header = { type: FrameType.claim, epoch: keys.epoch, recording: 0, sequence: 1 };
    return sealFrame(crypto, key, header, identity.certificate);
  }

  proved(): void {
    this.updates.proved();
    const keys = this.ownerKeys;
    if (!keys || keys.confirmed) return;
    keys.confirmed = true;
    // The vault's two erases would stall a recording. Its close saves this as well; a restart before repeats the answer.
    if (this.state !== MonitorState.recording) this.vault.save(keys);
  }
}
