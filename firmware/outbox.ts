/** Paces fragments into a radio whose full queue swallows without a word. */
import { fragment } from "../protocol/fragments";
import type { Board } from "./board/board";

const TICK_MS = 50;
/** Control messages wait here; frames are asked for one at a time. */
const MAX_WAITING = 16;

export class Outbox {
  private waiting: Uint8Array[] = [];
  private fragments: Uint8Array[] = [];
  private number = 0;
  private cancel: (() => void) | undefined;

  /**
   * @param perSecond notifications that the connection carries for sure
   * @param next the next frame to send, asked for whenever nothing else waits
   */
  constructor(
    private readonly board: Board,
    private readonly perSecond: number,
    private readonly next: () => Uint8Array | undefined,
  ) {}

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
    let budget = Math.max(1, Math.floor((this.perSecond * TICK_MS) / 1000));
    while (budget > 0 && this.fill()) {
      this.board.radio.notify(this.fragments.shift()!);
      budget--;
    }
    if (budget > 0) return;
    const self = this;
    this.cancel = this.board.after(TICK_MS, function () {
      self.tick();
    });
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
