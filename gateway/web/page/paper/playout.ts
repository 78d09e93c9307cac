/**
 * How fast the sweep runs: blocks come in one piece each second or so, the eye wants an even movement. The head follows the
 * samples as they were taken, at most one block and a little behind, and stands still when nothing more is there.
 */

/** Behind the newest block's begin: what links are uneven by. */
const SLACK_MS = 100;
/** How much faster it runs to make up for a delay. */
const CATCH_UP = 0.25;
/** Further behind it jumps. */
const MAX_BEHIND_MS = 4000;

export class Playout {
  private head = 0;
  private end = 0;
  private blockMs = 0;
  private last: number | undefined;

  /** @param rate samples per second, @param smooth false for whoever wants no movement: then each block at once */
  constructor(
    private readonly rate: number,
    private readonly smooth: boolean,
  ) {}

  /** What was there before the first block is shown at once; later it changes nothing. @param end behind it */
  begin(end: number): void {
    if (this.end === 0) this.head = this.end = end;
  }

  /** A block came: samples before `end` may be shown. @param samples of the block */
  take(end: number, samples: number): void {
    if (this.end === 0) this.head = end - samples;
    this.end = Math.max(this.end, end);
    this.blockMs = (samples * 1000) / this.rate;
  }

  /** @param now ms, of a clock that does not jump @returns the first sample that is not shown yet */
  advance(now: number): number {
    const elapsed = this.last === undefined ? 0 : Math.max(0, now - this.last);
    this.last = now;
    const behind = ((this.end - this.head) * 1000) / this.rate;
    if (!this.smooth || behind > MAX_BEHIND_MS) this.head = this.end;
    else {
      const isLate = behind > this.blockMs + SLACK_MS;
      const step = (elapsed * this.rate * (isLate ? 1 + CATCH_UP : 1)) / 1000;
      this.head = Math.min(this.end, this.head + step);
    }
    return Math.floor(this.head);
  }
}
