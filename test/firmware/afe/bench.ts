/** The driver over the chip's model in virtual time: JavaScript that stalls, edges that are missed, lines that are stuck. */
import { type Max30003Input, max30003 } from "../../../firmware/afe/max30003";
import type { Reading } from "../../../firmware/board/board";
import { Max30003Model } from "../../../tools/sim/afe/max30003";

/** A sample that tells which one it is: every one of 2^18 consecutive samples differs. */
export function sample(index: number): number {
  return ((index * 7919) % 262144) - 131072;
}

export interface BenchOptions {
  rate: 512 | 256 | 128;
  gain: 20 | 40 | 80 | 160;
  /** The chip's crystal against this clock. */
  ppm: number;
  pllLockMs: number;
  info: number;
  input: Max30003Input;
  beats: boolean;
}
const USUAL: BenchOptions = {
  rate: 256,
  gain: 20,
  ppm: 0,
  pllLockMs: 12,
  info: 0x510000,
  input: "electrodes",
  beats: false,
};

export class Bench {
  now = 1000;
  readonly model: Max30003Model;
  readonly frontEnd: ReturnType<typeof max30003>;
  readonly failures: string[] = [];
  readonly beats: number[] = [];
  /** By position in the recording, holes where a loss was declared. */
  readonly values: number[] = [];
  position = 0;
  lost = 0;
  losses: [number, number][] = [];
  /** Samples that the source was asked for. */
  asked = 0;
  /** What MISO is stuck at. */
  stuck: number | undefined;
  /** Edges to be missed from now on. */
  missEdges = 0;
  /** What a transaction costs the interpreter. */
  transactionMs = 0;
  /** Timers that are due run before edges that wait. */
  pollsFirst = false;
  readings = 0;
  transactions = 0;
  private unheard = 0;
  private low = false;
  private stalledUntil = 0;
  private edges: number[] = [];
  private watcher: ((atMs: number) => void) | undefined;
  private readonly timers = new Set<{ ms: number; dueMs: number; run: () => void }>();

  constructor(options: Partial<BenchOptions> = {}) {
    const { rate, gain, ppm, pllLockMs, info, input, beats } = { ...USUAL, ...options };
    this.model = new Max30003Model({
      nowMs: () => this.now,
      next: () => sample(this.asked++),
      fclkHz: 32768 * (1 + ppm / 1e6),
      pllLockMs,
      info,
    });
    const spec = { kind: "max30003", sck: "", mosi: "", miso: "", cs: "", int: "", fclkHz: 32768 } as const;
    this.frontEnd = max30003(
      { ...spec, rate, gain },
      {
        nowMs: () => this.now,
        every: (ms, run) => {
          const timer = { ms, dueMs: this.now + ms, run };
          this.timers.add(timer);
          return () => this.timers.delete(timer);
        },
        transfer: (bytes) => {
          this.transactions++;
          this.now += this.transactionMs;
          const answer = this.model.transfer(bytes);
          return this.stuck === undefined ? answer : answer.fill(this.stuck);
        },
        words24(bytes, words) {
          for (let i = 0; i < words.length; i++) {
            words[i] = (bytes[3 * i + 1]! << 16) | (bytes[3 * i + 2]! << 8) | bytes[3 * i + 3]!;
          }
        },
        watch: (fell) => {
          this.watcher = fell;
          return () => {
            this.watcher = undefined;
          };
        },
      },
      {
        failed: (code) => this.failures.push(code),
        beat: beats ? (ms) => this.beats.push(ms) : undefined,
      },
      input,
    );
  }

  start(): void {
    this.frontEnd.start(() => this.take(this.frontEnd.read()));
  }

  /** JavaScript does nothing for so long. */
  stall(ms: number): void {
    this.stalledUntil = this.now + ms;
    this.run(ms);
  }

  /** What the chip says that nobody will read, since the first sample that was read. */
  overflowed(): number {
    return this.model.lost - this.unheard;
  }

  /** Lets time pass. */
  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      this.look();
      const due = Math.min(...[...this.timers].map((timer) => timer.dueMs));
      const wakes = Math.max(due, this.stalledUntil);
      const pending =
        this.edges.length > 0 ? Math.max(this.now, this.stalledUntil) : Number.POSITIVE_INFINITY;
      const next = Math.min(this.model.nextMs(), wakes, pending, until);
      this.now = Math.max(this.now, next);
      this.look();
      if (this.now >= this.stalledUntil) this.dispatch();
      if (this.now >= until) return;
    }
  }

  private dispatch(): void {
    if (this.pollsFirst) this.dispatchTimers();
    while (this.edges.length > 0) {
      const atMs = this.edges.shift()!;
      if (this.missEdges > 0) this.missEdges--;
      else this.watcher?.(atMs);
      this.look();
    }
    this.dispatchTimers();
  }

  private dispatchTimers(): void {
    for (const timer of [...this.timers]) {
      if (timer.dueMs > this.now || !this.timers.has(timer)) continue;
      // As an interval that was late: the next one counts from now.
      timer.dueMs = this.now + timer.ms;
      timer.run();
      this.look();
    }
  }

  /** The interrupt line as a watch sees it. */
  private look(): void {
    const low = this.model.interruptLow();
    if (low && !this.low && this.watcher) this.edges.push(this.now);
    this.low = low;
  }

  private take(reading: Reading): void {
    this.readings++;
    if (reading.lost > 0) {
      this.losses.push([this.position, reading.lost]);
      this.lost += reading.lost;
      this.position += reading.lost;
    }
    const { left, right } = this.frontEnd.packing;
    if (this.position === 0) this.unheard = this.model.lost;
    for (const word of reading.leads[0]!) this.values[this.position++] = (word << left) >> right;
  }
}
