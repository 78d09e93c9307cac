/** A station at work: one unit in each slot at a time, until so many have passed or somebody ends it. */
import { setMaxListeners } from "node:events";
import type { Bench } from "./bench";
import type { Port } from "./ports/port";
import type { Screen, TallyView } from "./screen/screen";
import { TOTAL } from "./steps";
import { type End, Turn } from "./turn";

export interface RunOptions {
  /** Ends when so many have passed, with those that did `before`; 0 goes on until `signal` says so. */
  count: number;
  /** Left out, none. */
  before?: number;
  signal: AbortSignal;
  /** More ports may come: it does not end when all that it has are done. */
  isOpen?: boolean;
}

export class Run {
  private readonly over = new AbortController();
  private readonly tally: TallyView;
  /** Units in a slot that may still pass. */
  private under = 0;
  /** At which units may still come. */
  private slots = 0;
  private readonly serving = new Set<Promise<void>>();

  constructor(
    private readonly bench: Bench,
    private readonly screen: Screen,
    private readonly options: RunOptions,
  ) {
    const { count: planned, before = 0 } = options;
    this.tally = { passed: 0, before, failed: 0, planned, startedAt: bench.now(), byStep: {} };
    // Every slot listens more than once.
    setMaxListeners(0, options.signal, this.over.signal);
    options.signal.addEventListener("abort", () => this.end(), { once: true });
    if (options.signal.aborted || this.isDone) this.over.abort();
  }

  /** Whoever asked for it is told: slots take their time. */
  private end(): void {
    this.tally.isEnding = true;
    this.screen.tally({ ...this.tally });
    this.over.abort();
  }

  /** A port that units are plugged into from here on. */
  serve(port: Port): void {
    this.slots++;
    const served = this.slot(port)
      .catch((error) => this.over.abort(error))
      .finally(() => {
        if (--this.slots === 0 && !this.options.isOpen) this.over.abort();
      });
    this.serving.add(served);
  }

  /** Resolves when every slot has ended. @throws what the station itself could not do */
  async ended(): Promise<TallyView> {
    this.screen.tally({ ...this.tally });
    if (!this.over.signal.aborted)
      await new Promise((resolve) => this.over.signal.addEventListener("abort", resolve, { once: true }));
    await Promise.all(this.serving);
    const { reason } = this.over.signal;
    if (reason instanceof Error && reason.name !== "AbortError") throw reason;
    return this.tally;
  }

  private get isFull(): boolean {
    const { before, passed, planned } = this.tally;
    return planned > 0 && before + passed + this.under >= planned;
  }

  private get isDone(): boolean {
    const { before, passed, planned } = this.tally;
    return planned > 0 && before + passed >= planned;
  }

  private async slot(port: Port): Promise<void> {
    const { signal } = this.over;
    try {
      while (!signal.aborted) {
        // Units in other slots may make the number full: until then it shows how its last one ended.
        while (this.isFull && !signal.aborted) await this.change();
        signal.throwIfAborted();
        this.screen.slot({ slot: port.name, word: "WAIT", done: 0, total: TOTAL });
        const wire = await port.waitForUnit(signal, (detail) =>
          this.screen.slot({ slot: port.name, word: "WAIT", done: 0, total: TOTAL, detail }),
        );
        if (this.isFull) {
          await wire.close();
          continue;
        }
        this.under++;
        const end = await new Turn(
          this.bench,
          port,
          wire,
          (view) => this.screen.slot(view),
          this.options.signal,
        )
          .run()
          .finally(() => this.under--);
        this.count(port, end);
        if (port.isSingle) return;
        await port.waitForRemoval?.(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private count(port: Port, { word, step, code, detail, serial }: End): void {
    const { tally, screen } = this;
    if (word === "PASS") tally.passed++;
    if (word === "FAIL") {
      tally.failed++;
      tally.byStep[step] = (tally.byStep[step] ?? 0) + 1;
    }
    const done = word === "PASS" ? TOTAL : 0;
    screen.slot({ slot: port.name, word, step, done, total: TOTAL, code, detail, serial });
    screen.tally({ ...tally, byStep: { ...tally.byStep } });
    for (const wake of this.waiting.splice(0)) wake();
    if (this.isDone) this.over.abort();
  }

  private readonly waiting: (() => void)[] = [];

  /** Until a turn ends, or all does. */
  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.over.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
