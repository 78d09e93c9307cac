/** The handheld's end of the connection: live frames first, the backlog in the pauses, again until a receipt comes. */
import { sameBytes } from "../protocol/bytes";
import { type Command, decodeCommand, encodeStatus, Op, type Status } from "../protocol/command";
import { Reassembler } from "../protocol/fragments";
import { FrameType } from "../protocol/header";
import { MAX_HOLES, type Receipt } from "../protocol/receipt";
import type { Refusal } from "../protocol/refusal";
import {
  decodeHelloRequest,
  decodeStoreHello,
  encodeDeviceHello,
  messageType,
  type StoreHello,
} from "../protocol/session";
import { encodeUpdateState, UpdatePhase, type UpdateState } from "../protocol/update";
import type { Board } from "./board/board";
import { Outbox } from "./outbox";
import { Pace } from "./pace";
import type { Ring } from "./ring";
import { Session } from "./session";
import { Strangers } from "./strangers";
import type { Keys } from "./vault";

/** Frames sent and not yet receipted, at most. Live ones go beyond it. */
const WINDOW = 64;
/** A frame that no receipt covered by then is sent again. A store receipts two recordings a second. */
const RESEND_MS = 4000;
/** Unless it stands behind the last hole that a receipt has room for: then it may well be there. */
const UNTOLD_MS = 32000;
const WATCH_MS = 1000;
/** A hello or a status without answer is said again. */
const REPEAT_MS = 3000;
/** Silence while frames are owed: the store may have forgotten the session. */
const SILENCE_MS = 15000;
/** So long after an authentic message a request for a new hello is not heeded. */
const HEARD_LATELY_MS = 5000;
/** So many resends without any progress, and the backlog goes on behind what gets nowhere. */
const BARREN_RESENDS = 3;
const STATUS_MS = 60000;
/** The hub's messages are short, and each partial one takes memory that a stranger may fill. */
const PARTIAL_MESSAGES = 3;
const MAX_LIVE = 8;
/** Different answers to one hello; beyond it nothing but the next hello helps. */
const MAX_GREETINGS = 8;
const NOTIFICATIONS_PER_SECOND = 100;

/** What the link asks of the monitor. */
export interface Owner {
  keys(): Keys | undefined;
  /** Of the ownership; while nobody owns the handheld, of the last one, 0 when there was none. */
  epoch(): number;
  /** Name in the hello while nobody owns the handheld. */
  temporaryAlias(): Uint8Array;
  claimable(): boolean;
  /** It has an owner, and its button was held within a minute. */
  held(): boolean;
  status(lastCommand: number, refused: number): Status;
  update(): UpdateState;
  command(command: Command): void;
  /** Takes a new owner from a claim message. @throws CLAIM_*, FRAME_* */
  claim(message: Uint8Array, hello: StoreHello): void;
  /** The answer to a claim, while the store has not shown that it got one. */
  claimAnswer(hello: StoreHello): Uint8Array | undefined;
  /** The store has proved that it holds the keys. */
  proved(): void;
  receipted(receipt: Receipt): void;
}

interface InFlight {
  recording: number;
  sequence: number;
  sentMs: number;
  live: boolean;
}

export class Link {
  /** Messages refused since boot, by refusal code. */
  readonly refusals: { [code: string]: number } = {};
  private connected = false;
  private reassembler = new Reassembler(PARTIAL_MESSAGES);
  private nonce: Uint8Array = new Uint8Array(0);
  private session: Session | undefined;
  /** Sessions of all answers to the newest hello: only one is the store's, and proof settles which. */
  private greetings: Session[] = [];
  private lastHello: StoreHello | undefined;
  private live: InFlight[] = [];
  private inFlight: InFlight[] = [];
  /** Rounds of resends since the last progress, when the newest was, and the page that the backlog begins with. */
  private barren = 0;
  private barrenMs = 0;
  private fromSerial = 0;
  /** What the newest receipt, of this recording, tells of: frames below it. */
  private toldRecording = 0;
  private told = 0;
  private lastCommand = 0;
  private heardMs = 0;
  private cancelRepeat: (() => void) | undefined;
  private cancelResend: (() => void) | undefined;
  private readonly strangers: Strangers;
  private readonly outbox: Outbox;
  private readonly pace: Pace;
  /** What was sent before the pace fell tells nothing of the new one. */
  private pacedMs = 0;
  /** Frames that were just appended go out soon. */
  private waking = false;
  private readonly wake: () => void;
  private readonly underWay: (recording: number, sequence: number) => boolean;

  constructor(
    private readonly board: Board,
    private readonly ring: Ring,
    private readonly owner: Owner,
  ) {
    const self = this;
    this.wake = function () {
      self.waking = false;
      self.outbox.wake();
    };
    this.underWay = function (recording, sequence) {
      return self.isInFlight(recording, sequence);
    };
    this.pace = new Pace(Math.min(NOTIFICATIONS_PER_SECOND, board.radio.notificationsPerSecond));
    this.outbox = new Outbox(board, this.pace, function () {
      return self.nextFrame();
    });
    this.strangers = new Strangers(board, function () {
      return self.owner.keys() !== undefined;
    });
    board.radio.onConnect = function () {
      // Said again whenever notifications are asked for, as often as a stranger likes.
      if (self.connected && !self.proved() && self.strangers.tooMuch()) return;
      self.connected = true;
      self.strangers.connected();
      self.reassembler = new Reassembler(PARTIAL_MESSAGES);
      self.hello();
    };
    board.radio.onDisconnect = function () {
      self.connected = false;
      self.strangers.disconnected();
      self.nonce = new Uint8Array(0);
      self.reset();
    };
    board.radio.onWrite = function (bytes) {
      self.written(bytes);
    };
  }

  /** A frame now stands in flash: it goes before the backlog. */
  appended(recording: number, sequence: number): void {
    if (!this.session) return;
    this.hasten({ recording, sequence, sentMs: 0, live: true });
    // Not at once: what is sent is read from flash and cut to notifications, and the FIFO may be due before that.
    if (this.waking) return;
    this.waking = true;
    this.board.after(0, this.wake);
  }

  /** True while the store listens and has shown that it is the owner's. */
  proved(): boolean {
    return this.session !== undefined && this.session.proved;
  }

  /** Sends so many notifications a second at most, from now on. */
  limit(perSecond: number): void {
    this.pace.limit(Math.min(perSecond, this.board.radio.notificationsPerSecond));
  }

  /** Before the backlog. */
  private hasten(frame: InFlight): void {
    this.live.push(frame);
    if (this.live.length > MAX_LIVE) this.live.shift();
  }

  /** Says hello (anew): after connecting, when asked, and when a claim becomes possible. */
  hello(): void {
    if (!this.connected) return;
    this.reset();
    this.nonce = this.board.crypto.random(16);
    const owner = this.owner;
    this.outbox.send(
      encodeDeviceHello({
        alias: this.alias(),
        epoch: owner.epoch(),
        nonce: this.nonce,
        claimable: owner.claimable(),
        held: owner.held(),
      }),
    );
    this.repeat(REPEAT_MS);
  }

  /** Tells the store how things are, if it listens. */
  sendStatus(): void {
    if (!this.session) return;
    const status = this.owner.status(this.lastCommand, this.refused());
    this.outbox.send(this.session.seal(FrameType.status, encodeStatus(status)));
    this.repeat(this.session.proved ? STATUS_MS : REPEAT_MS);
  }

  /** Tells the store how an update gets on, if it listens. */
  sendUpdate(): void {
    if (!this.session) return;
    this.outbox.send(this.session.seal(FrameType.update, encodeUpdateState(this.owner.update())));
  }

  private reset(): void {
    this.outbox.reset();
    this.session = undefined;
    this.greetings = [];
    this.lastHello = undefined;
    this.live = [];
    this.inFlight = [];
    this.toldRecording = 0;
    this.barren = 0;
    this.pace.begin();
    this.fromSerial = 0;
    this.ring.rewind();
    this.lastCommand = 0;
    if (this.cancelRepeat) this.cancelRepeat();
    if (this.cancelResend) this.cancelResend();
    this.cancelRepeat = undefined;
    this.cancelResend = undefined;
  }

  private repeat(ms: number): void {
    const self = this;
    if (this.cancelRepeat) this.cancelRepeat();
    this.cancelRepeat = this.board.after(ms, function () {
      self.cancelRepeat = undefined;
      if (self.session && (self.session.proved || self.board.uptimeMs() - self.heardMs < SILENCE_MS))
        self.sendStatus();
      else self.hello();
    });
  }

  /** The refusals as a status tells them: four counts of a byte. */
  private refused(): number {
    const counts = [0, 0, 0, 0];
    for (const code in this.refusals) {
      const kind = ["FRAME_TAG", "SESSION_REPLAY", "SESSION_EPOCH"].indexOf(code);
      const place = kind < 0 ? 3 : kind;
      counts[place] = Math.min(255, counts[place] + this.refusals[code]);
    }
    return counts[0] * 16777216 + counts[1] * 65536 + counts[2] * 256 + counts[3];
  }

  private written(bytes: Uint8Array): void {
    if (!this.proved() && this.strangers.tooMuch()) return;
    try {
      const message = this.reassembler.add(bytes);
      if (message) this.take(message);
    } catch (error) {
      const code = (error as Refusal).code;
      // Whatever is not a refusal is our own defect and must not hide.
      if (!code) throw error;
      this.refusals[code] = (this.refusals[code] || 0) + 1;
    }
    this.outbox.wake();
  }

  private take(message: Uint8Array): void {
    const type = messageType(message);
    if (type === FrameType.helloRequest) this.helloRequested(message);
    else if (type === FrameType.storeHello) this.greeted(decodeStoreHello(message));
    else if (type === FrameType.claim) this.claimed(message);
    else this.takeSealed(type, message);
  }

  private takeSealed(type: number, message: Uint8Array): void {
    const session = this.session;
    if (!session) return;
    const body = session.open(message);
    this.owner.proved();
    this.strangers.proved();
    this.heardMs = this.board.uptimeMs();
    if (type === FrameType.receipt) {
      const receipt = session.receipt(body, this.owner.keys()!.recording - 1);
      this.ring.receipt(receipt.recording, receipt.next, receipt.holes);
      this.forgetReceipted(receipt);
      this.owner.receipted(receipt);
    } else if (type === FrameType.command) {
      const command = decodeCommand(body);
      this.owner.command(command);
      this.lastCommand = session.counter() + 1;
      // Of which an update has hundreds, each with an answer of its own.
      if (command.op !== Op.chunk) this.sendStatus();
    }
  }

  private helloRequested(message: Uint8Array): void {
    if (!sameBytes(decodeHelloRequest(message), this.alias())) return;
    // Anybody can ask: while the store was heard lately, nobody may cut its session off.
    const heard =
      this.session && this.session.proved && this.board.uptimeMs() - this.heardMs < HEARD_LATELY_MS;
    if (!heard) this.hello();
  }

  private alias(): Uint8Array {
    const keys = this.owner.keys();
    return keys ? keys.alias : this.owner.temporaryAlias();
  }

  private greeted(hello: StoreHello): void {
    const keys = this.owner.keys();
    if (!sameBytes(hello.deviceNonce, this.nonce)) return;
    this.lastHello = hello;
    if (!keys || !sameBytes(hello.alias, keys.alias)) return;
    // The first hello may be forged, and the true one follow: only proof settles which it was.
    if (this.session && this.session.proved) return;
    const session = this.sessionOf(hello, keys);
    if (!session) return;
    this.session = session;
    this.heardMs = this.board.uptimeMs();
    const answer = this.owner.claimAnswer(hello);
    if (answer) this.outbox.send(answer);
    this.sendStatus();
    if (this.owner.update().phase !== UpdatePhase.none) this.sendUpdate();
  }

  /** A hello that came before goes on with its session: from 0 again, its counter would seal another body under one nonce. */
  private sessionOf(hello: StoreHello, keys: Keys): Session | undefined {
    for (let i = 0; i < this.greetings.length; i++) {
      if (!this.greetings[i].isOf(hello)) continue;
      this.greetings[i].greetedAgain(hello);
      return this.greetings[i];
    }
    if (this.greetings.length === MAX_GREETINGS) return undefined;
    const session = new Session(this.board.crypto, keys, hello);
    this.greetings.push(session);
    return session;
  }

  private claimed(message: Uint8Array): void {
    if (!this.lastHello) return;
    this.owner.claim(message, this.lastHello);
    // The new alias is not yet known to anybody but the store: from here on the answer goes out under it.
    this.hello();
  }

  /** The next frame to send: live ones, then the oldest owed one that is not under way. */
  private nextFrame(): Uint8Array | undefined {
    if (!this.session || !this.session.proved || this.inFlight.length >= WINDOW + MAX_LIVE) return undefined;
    while (this.live.length > 0) {
      const live = this.live.shift()!;
      if (this.ring.owes(live.recording, live.sequence) && !this.isInFlight(live.recording, live.sequence)) {
        const frame = this.launch(live.recording, live.sequence, true);
        if (frame) return frame;
      }
    }
    while (this.inFlight.length < WINDOW) {
      let owed = this.ring.nextOwed(this.underWay, this.fromSerial);
      if (!owed && this.fromSerial > 0) {
        this.fromSerial = 0;
        owed = this.ring.nextOwed(this.underWay, 0);
      }
      if (!owed) return undefined;
      const frame = this.launch(owed.recording, owed.sequence, false);
      if (frame) return frame;
    }
    return undefined;
  }

  /** @returns undefined where flash has rotted: it counts as sent, so that the next one is looked for */

  private launch(recording: number, sequence: number, live: boolean): Uint8Array | undefined {
    this.inFlight.push({ recording, sequence, sentMs: this.board.uptimeMs(), live });
    this.watch();
    return this.ring.read(recording, sequence);
  }

  private isInFlight(recording: number, sequence: number): boolean {
    const inFlight = this.inFlight;
    for (let i = 0; i < inFlight.length; i++) {
      if (inFlight[i].sequence === sequence && inFlight[i].recording === recording) return true;
    }
    return false;
  }

  /**
   * What the receipt covers has arrived. What it does not cover and was sent before something that it covers was
   * overtaken: lost, because a connection keeps the order. One that is full of holes says nothing of what is behind them.
   */
  private forgetReceipted(receipt: Receipt): void {
    const inFlight = this.inFlight;
    const recording = receipt.recording;
    this.toldRecording = recording;
    this.told = receipt.holes.length < MAX_HOLES ? Infinity : receipt.next;
    const still: InFlight[] = [];
    let overtaken = false;
    let lost = false;
    let tooFast = false;
    for (let i = inFlight.length - 1; i >= 0; i--) {
      const frame = inFlight[i];
      const owed = frame.recording !== recording || this.ring.owes(recording, frame.sequence);
      if (!owed) overtaken = true;
      else if (overtaken && frame.recording === recording && frame.sequence < this.told) {
        lost = true;
        if (frame.sentMs >= this.pacedMs) tooFast = true;
        if (frame.live) this.hasten(frame);
      } else still.push(frame);
    }
    if (!overtaken) return;
    this.barren = 0;
    this.inFlight = still.reverse();
    if (lost) this.ring.rewind();
    else this.pace.arrived();
    if (!tooFast) return;
    this.pace.lost();
    this.pacedMs = this.board.uptimeMs();
  }

  /** Looks once a second for what is overdue. */
  private watch(): void {
    if (this.cancelResend || this.inFlight.length === 0) return;
    const self = this;
    this.cancelResend = this.board.after(WATCH_MS, function () {
      self.cancelResend = undefined;
      const now = self.board.uptimeMs();
      if (now - self.heardMs > SILENCE_MS) return self.hello();
      if (self.forgetOverdue(now)) {
        self.ring.rewind();
        self.outbox.wake();
      }
      self.watch();
    });
  }

  /** @returns whether something is to be sent again */
  private forgetOverdue(now: number): boolean {
    const inFlight = this.inFlight;
    const still: InFlight[] = [];
    for (let i = 0; i < inFlight.length; i++) {
      const frame = inFlight[i];
      const isTold = frame.recording !== this.toldRecording || frame.sequence < this.told;
      if (now - frame.sentMs < (isTold ? RESEND_MS : UNTOLD_MS)) still.push(frame);
    }
    if (still.length === inFlight.length) return false;
    if (now - this.barrenMs >= RESEND_MS) this.barrenRound(now);
    this.inFlight = still;
    return true;
  }

  /** What was sent in the time of a resend brought nothing. */
  private barrenRound(now: number): void {
    this.barrenMs = now;
    this.barren++;
    // A queue that runs over loses the same end of a long frame every time.
    if (this.barren > 1) this.pace.silence();
    if (this.barren <= BARREN_RESENDS) return;
    const last = this.inFlight[this.inFlight.length - 1];
    this.fromSerial = this.ring.serialBehind(last.recording, last.sequence);
    this.barren = 0;
  }
}
