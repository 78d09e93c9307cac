/**
 * One handheld's update: says what is to be said, again where no answer came, and keeps how it gets on. Nothing is lost when
 * it is thrown away and made anew: the handheld says where it stands.
 */
import { type Command, Op } from "../../protocol/command";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../../protocol/update";
import type { Clock } from "../clock";
import type { Update, UpdateEnd } from "../store/updates";
import { isNotNow, type Sendable, stepOf } from "./step";

/** What gets no answer is said again after so long: on a bad radio most of it gets none. Then ever later: it is away. */
const AGAIN_MS = 3000;
const NEAR_TRIES = 10;
const MAX_AGAIN_MS = 60000;
/** A handheld that has something to say of an update says it first in a session. */
const SETTLE_MS = 1500;
/** A handheld that works is asked how far it is: what it said may be lost on the air. */
const ASK_MS = 15000;
/** A restart that was not possible. */
const SWAP_AGAIN_MS = 30000;
/** The disk hears of progress. */
const KEEP_MS = 1000;
/** One chunk refused so often is not damaged on the way. */
const MAX_REFUSED = 8;

export interface DriverParts {
  clock: Clock;
  release: Sendable;
  send(command: Command): void;
  /** Puts on disk what changed. */
  keep(change: Partial<Update>): void;
}

export class Driver {
  private state: UpdateState | undefined;
  private said: Command | undefined;
  /** How often it was said without an answer. */
  private tries = 0;
  private refusedAt = { taken: 0, times: 0 };
  private keptAt = Number.NEGATIVE_INFINITY;
  /** When the last offer or cancel went: whatever is answered, the next one waits as long as after silence. */
  private askedOutAt = Number.NEGATIVE_INFINITY;
  private cancelTimer: () => void = () => {};

  constructor(
    private update: Update,
    private readonly parts: DriverParts,
  ) {
    this.go();
  }

  /** When this update was asked for: another time is another update. */
  get askedAt(): number {
    return this.update.askedAt;
  }

  /** What its owner wants by now. */
  wish(update: Update): void {
    const { swap, cancelled } = this.update;
    this.update = update;
    if (update.swap === swap && update.cancelled === cancelled) return;
    this.tries = 0;
    this.go();
  }

  /** A session has begun: what was heard in another one may be of before a restart. */
  connected(): void {
    this.state = undefined;
    this.tries = 0;
    this.after(SETTLE_MS, () => this.go());
  }

  heard(state: UpdateState): void {
    const before = this.state;
    if (this.isStuck(state)) {
      this.state = state;
      this.end("refused");
      return;
    }
    const putsOff = this.said?.op === Op.swap && isNotNow(state.refused);
    // An answer to what was said twice: another word for each would never end. Not yet may be said again and again.
    if (!putsOff && before && isSame(before, state)) return;
    this.state = state;
    this.tries = 0;
    this.keepState(before, state);
    if (putsOff) this.putOff();
    else this.go();
  }

  stop(): void {
    this.cancelTimer();
  }

  private go(): void {
    this.cancelTimer();
    const step = stepOf(this.update, this.parts.release, this.state);
    if ("end" in step) this.end(step.end);
    else if ("say" in step) this.sayInTime(step.say);
    else if (step.wait === "handheld") this.after(ASK_MS, () => this.say(this.question()));
  }

  /** What is answered with the state and changes nothing: the same offer, and on trial to cancel what is no release. */
  private question(): Command {
    if (this.state?.phase === UpdatePhase.trial) return { op: Op.cancel, counter: 0 };
    return this.parts.release.offer();
  }

  private sayInTime(command: Command): void {
    const since = Math.abs(this.parts.clock.now() - this.askedOutAt);
    if (!isAsking(command) || since >= AGAIN_MS) this.say(command);
    else this.after(AGAIN_MS - since, () => this.go());
  }

  private say(command: Command): void {
    if (command.op === Op.offer && !this.update.begun) this.keep({ begun: true });
    if (command.op === Op.swap && !this.update.swapped) this.keep({ swapped: true });
    this.said = command;
    if (isAsking(command)) {
      this.askedOutAt = this.parts.clock.now();
      // What was heard before is no answer to it.
      this.state = undefined;
    }
    this.parts.send(command);
    const later = 2 ** Math.max(0, ++this.tries - NEAR_TRIES);
    this.after(Math.min(MAX_AGAIN_MS, AGAIN_MS * later), () => this.go());
  }

  /** A restart is not possible now. */
  private putOff(): void {
    this.cancelTimer();
    this.said = undefined;
    const isOnce = this.update.swap === "once";
    this.keep({ swapped: false, swap: isOnce ? "no" : "ready" });
    if (!isOnce) this.after(SWAP_AGAIN_MS, () => this.go());
  }

  private isStuck({ taken, refused }: UpdateState): boolean {
    if (refused !== UpdateRefusal.chunk) return false;
    if (this.refusedAt.taken !== taken) this.refusedAt = { taken, times: 0 };
    return ++this.refusedAt.times > MAX_REFUSED;
  }

  private keepState(before: UpdateState | undefined, state: UpdateState): void {
    if (this.update.state && isSame(this.update.state, state)) return;
    const now = this.parts.clock.now();
    const isProgress = before && before.phase === state.phase && before.refused === state.refused;
    if (isProgress && Math.abs(now - this.keptAt) < KEEP_MS) return;
    this.keptAt = now;
    this.keep({ state, heardAt: now });
  }

  private end(how: UpdateEnd): void {
    this.cancelTimer();
    const { state } = this;
    this.keep({ ...(state && { state }), ended: { how, at: this.parts.clock.now() } });
  }

  private keep(change: Partial<Update>): void {
    this.update = { ...this.update, ...change };
    this.parts.keep(change);
  }

  private after(ms: number, act: () => void): void {
    this.cancelTimer();
    this.cancelTimer = this.parts.clock.after(ms, act);
  }
}

function isAsking({ op, counter }: Command): boolean {
  return op === Op.offer || (op === Op.cancel && counter !== 0);
}

function isSame(a: UpdateState, b: UpdateState): boolean {
  return (
    a.phase === b.phase &&
    a.running === b.running &&
    a.counter === b.counter &&
    a.taken === b.taken &&
    a.refused === b.refused
  );
}
