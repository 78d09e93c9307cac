/** Writes to a handheld at a pace that its queues bear: a burst, then so many a second, never more kept than a bound. */
import type { Clock } from "../clock";

export interface PaceLimits {
  /** Writes, whatever their length: each takes a packet of a connection event. */
  perSecond: number;
  /** Writes that may go at once after a pause. */
  burst: number;
  /** Of what waits; beyond it the newest is dropped. */
  maxQueuedBytes: number;
}

/**
 * Of any link. A handheld looks at 30 writes a second from whom it does not know yet; a burst fits the stacks' shortest
 * queues.
 */
export const LINK_PACE: Readonly<PaceLimits> = { perSecond: 20, burst: 6, maxQueuedBytes: 8192 };

export class PacedWrites {
  private readonly queue: Uint8Array[] = [];
  private queuedBytes = 0;
  private tokens: number;
  private writing = false;
  private closed = false;
  private cancelRefill?: () => void;

  /** @param write the next one waits for its promise; whoever gives it tells of failures, and a failed write is not repeated */
  constructor(
    private readonly clock: Clock,
    private readonly limits: Readonly<PaceLimits>,
    private readonly write: (bytes: Uint8Array) => void | Promise<void>,
  ) {
    this.tokens = limits.burst;
  }

  /** @returns false when it was dropped: closed, or too much waits */
  push(bytes: Uint8Array): boolean {
    if (this.closed || this.queuedBytes + bytes.length > this.limits.maxQueuedBytes) return false;
    this.queue.push(bytes);
    this.queuedBytes += bytes.length;
    this.go();
    return true;
  }

  /** Forgets what waits. */
  close(): void {
    this.closed = true;
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.cancelRefill?.();
    this.cancelRefill = undefined;
  }

  private go(): void {
    while (!this.writing && this.tokens >= 1 && this.queue.length > 0) {
      const bytes = this.queue.shift()!;
      this.queuedBytes -= bytes.length;
      this.tokens--;
      this.refill();
      const written = this.write(bytes);
      if (written) this.await(written);
    }
  }

  private await(written: Promise<void>): void {
    this.writing = true;
    const next = () => {
      this.writing = false;
      this.go();
    };
    written.then(next, next);
  }

  /** By waits alone: the clock's time of day may jump. */
  private refill(): void {
    if (this.closed || this.cancelRefill || this.tokens >= this.limits.burst) return;
    this.cancelRefill = this.clock.after(1000 / this.limits.perSecond, () => {
      this.cancelRefill = undefined;
      this.tokens = Math.min(this.limits.burst, this.tokens + 1);
      this.refill();
      this.go();
    });
  }
}
