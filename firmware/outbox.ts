/** Paces fragments into a radio whose full queue swallows without a word. */
import { fragment } from "../protocol/fragments";
import type { Board } from "./board/board";
import type { Pace } from "./pace";

/** One notification at a time up to 40 a second: a stack may queue no more than one for each event of its connection. */
const TICK_MS = 25;
/** Of a notification, kept when a tick comes late. */
const FRACTION = 0.9;
/** Control messages wait here; frames are asked for one at a time. */
const MAX_WAITING = 16;

export class Outbox {
  /** Notifications that may go now, with their fraction, and when that was so. */
  private credit = 1;
  private countedMs = 0;
  private waiting: Uint8Array[] = [];
  private fragments: Uint8Array[] = [];
  private number = 0;
  private readonly onTick: () => void;
  private cancel: (() => void) | undefined;

  /**
   * @param pace of notifications
   * @param next the next frame to send, asked for whenever nothing else waits
   */
  constructor(
    private readonly board: Board,
    private readonly pace: Pace,
    private readonly next: () => Uint8Array | undefined,
  ) {
    const self = this;
    this.onTick = function () {
      self.tick();
    };
  }

  /** Sends before any frame. */
  send(message: Uint8Array): void {
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
    this.wake();
  }

  /** Something may be there to send. */
  wake(): void {
    if (this.cancel) return;
    this.tick();
  }

  /** Forgets what waits. Message numbers go on: the other end takes a repeated one for a late duplicate. */
  reset(): void {
    if (this.cancel) this.cancel();
    this.cancel = undefined;
    this.waiting = [];
    this.fragments = [];
  }

  private tick(): void {
    this.cancel = undefined;
    const now = this.board.uptimeMs();
    const perMs = this.pace.perSecond / 1000;
    // However long nothing went, no more go at once than a tick brings.
    this.credit = Math.min(
      this.credit + (now - this.countedMs) * perMs,
      Math.max(1, TICK_MS * perMs) + FRACTION,
    );
    this.countedMs = now;
    while (this.credit >= 1 && this.fill()) {
      this.board.radio.notify(this.fragments.shift()!);
      this.credit--;
    }
    if (this.credit >= 1) return;
    this.cancel = this.board.after(Math.max(TICK_MS, Math.ceil((1 - this.credit) / perMs)), this.onTick);
  }

  private fill(): boolean {
    if (this.fragments.length > 0) return true;
    const message = this.waiting.length > 0 ? this.waiting.shift() : this.next();
    if (!message) return false;
    this.fragments = fragment(message, this.number, this.board.radio.notificationBytes());
    this.number = (this.number + 1) & 255;
    return true;
  }
}
