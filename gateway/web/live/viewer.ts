/**
 * One reader of the live stream. A slow one loses blocks and is told which, so that it reads them as a window: nothing
 * is kept for it, and nobody waits for it.
 */
import type { Writable } from "node:stream";
import type { Clock } from "../../clock";
import type { LiveMissed } from "../../schema/live";
import { type LiveChannel, type Message, union } from "./channel";

/** Bytes that wait for a reader, beyond which it is behind. */
export const MAX_WAITING_BYTES = 128 * 1024;
/** Behind for so long it is gone: it comes back when it can. */
export const PATIENCE_MS = 60_000;
export const ALIVE_MS = 15_000;

export class Viewer {
  private behindSince?: number;
  private missed?: LiveMissed;
  /** What was not told cannot be said as one range. */
  private lost = false;
  private cancel: () => void = () => {};

  /**
   * @param isWelcome whether who asked may still
   * @param end ends the connection
   */
  constructor(
    private readonly out: Writable,
    private readonly channel: LiveChannel,
    private readonly clock: Clock,
    private readonly isWelcome: () => boolean,
    private readonly end: () => void,
  ) {
    out.on("drain", () => this.catchUp());
    this.beat();
  }

  tell(message: Message): void {
    if (this.behindSince === undefined && this.out.writableLength <= MAX_WAITING_BYTES) {
      this.out.write(message.text);
      return;
    }
    this.behindSince ??= this.clock.now();
    const { block } = message;
    if (!block) this.lost = true;
    else if (!this.lost) {
      this.missed = this.missed ? union(this.missed, block) : block;
      this.lost = this.missed === undefined;
    }
  }

  close(): void {
    this.cancel();
  }

  private catchUp(): void {
    if (this.behindSince === undefined) return;
    const { lost, missed, channel } = this;
    this.behindSince = undefined;
    this.lost = false;
    this.missed = undefined;
    const messages = lost ? [...channel.first(), channel.anew()] : missed ? [channel.missed(missed)] : [];
    for (const { text } of messages) this.out.write(text);
  }

  /** So that both sides, and what lies between, know that the other is there. */
  private beat(): void {
    this.cancel = this.clock.after(ALIVE_MS, () => {
      const { behindSince } = this;
      const isGone = behindSince !== undefined && Math.abs(this.clock.now() - behindSince) > PATIENCE_MS;
      if (isGone || !this.isWelcome()) return this.end();
      if (behindSince === undefined) this.out.write(": alive\n\n");
      this.beat();
    });
  }
}
