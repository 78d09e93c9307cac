/** A front end with its own clock and FIFO, fed from a source instead of a body. */
import type { FrontEnd, Reading } from "../../firmware/board/board";
import type { Clock } from "../../gateway/clock";
import type { Lead } from "../../protocol/open";
import type { SampleSource } from "./source";

export interface FrontEndOptions {
  /** How often the FIFO is announced. */
  burstMs: number;
  /** Seconds of signal per second of the clock; 1 is a heart, more is an import in a hurry. */
  speed: number;
  /** What a FIFO of finite depth would bear; for ever without it. */
  bearsMs?: number;
  /** True while the source shall wait (a heart would not). */
  hold?: () => boolean;
  /** Called whenever a recording begins. */
  started?: () => void;
  /** Called once when the source has nothing more. */
  ended?: () => void;
}

export class SimFrontEnd implements FrontEnd {
  readonly name: string;
  readonly packing = { left: 0, right: 0 };
  readonly bearsMs: number;
  readonly rateNum: number;
  readonly rateDen: number;
  readonly bits: number;
  readonly leads: Lead[];
  private running = false;
  /** Samples due, with their fraction, and how many of them were read. */
  private due = 0;
  private cancel = () => {};

  constructor(
    private readonly source: SampleSource,
    private readonly clock: Clock,
    private readonly options: FrontEndOptions,
  ) {
    this.name = source.name;
    this.bearsMs = options.bearsMs ?? Number.POSITIVE_INFINITY;
    this.rateNum = source.rateNum;
    this.rateDen = source.rateDen;
    this.bits = source.bits;
    this.leads = source.leads;
  }

  start(ready: () => void): void {
    this.running = true;
    this.due = 0;
    this.options.started?.();
    this.next(ready, this.clock.now());
  }

  stop(): void {
    this.running = false;
    this.cancel();
  }

  read(): Reading {
    const count = Math.min(Math.floor(this.due), this.source.left());
    this.due -= count;
    return { leads: this.source.read(count), lost: 0 };
  }

  private next(ready: () => void, since: number): void {
    this.cancel = this.clock.after(this.options.burstMs, () => {
      const now = this.clock.now();
      if (!this.options.hold?.()) {
        this.due += ((now - since) / 1000) * (this.rateNum / this.rateDen) * this.options.speed;
        ready();
        if (this.running && this.source.left() === 0) this.options.ended?.();
      }
      if (this.running) this.next(ready, now);
    });
  }
}
