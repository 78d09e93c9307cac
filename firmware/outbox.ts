/** Paces fragments into a radio whose full queue swallows without a word. */
import { fragment } from "../protocol/fragments";
import type { Board } from "./board/board";

const TICK_MS = 50;
/** Control messages wait here; frames are asked for one at a time. */
const MAX_WAITING = 16;

function burstOf(perSecond: number): number {
  return Math.ceil((perSecond * TICK_MS) / 1000) + 1;
}

export class Outbox {
  /** Notifications that may go now, with their fraction, and when that was so. */
  private credit: number;
  private countedMs = 0;
  /** At most so many go at once, however long nothing went: a tick's worth and the fraction of one. */
  private burst: number;
  private waiting: Uint8Array[] = [];
  private fragments: Uint8Array[] = [];
  private number = 0;
  private readonly onTick: () => void;
  private cancel: (() => void) | undefined;

  /**
   * @param perSecond notifications that the connection carries for sure
   * @param next the next frame to send, asked for whenever nothing else waits
   */
  constructor(
    private readonly board: Board,
    private perSecond: number,
    private readonly next: () => Uint8Array | undefined,
  ) {
    const self = this;
    this.burst = burstOf(perSecond);
    this.credit = this.burst;
    this.onTick = function () {
      self.tick();
    };
  }

  /** From now on. @param perSecond as for the constructor */
  pace(perSecond: number): void {
    this.perSecond = perSecond;
    this.burst = burstOf(perSecond);
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
    this.credit += ((now - this.countedMs) * this.perSecond) / 1000;
    if (this.credit > this.burst) this.credit = this.burst;
    this.countedMs = now;
    while (this.credit >= 1 && this.fill()) {
      this.board.radio.notify(this.fragments.shift()!);
      this.credit--;
    }
    if (this.credit >= 1) return;
    const untilNextMs = Math.ceil(((1 - this.credit) * 1000) / this.perSecond);
    this.cancel = this.board.after(Math.max(TICK_MS, untilNextMs), this.onTick);
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
