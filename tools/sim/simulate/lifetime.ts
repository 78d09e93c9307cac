/** Clocks of processes that die: their timers die with them, and the hub's time may jump. */
import { type Clock, systemClock } from "../../../gateway/clock";

/** The hub's clock, shared by its processes. */
export class HubTime {
  offsetMs = 0;
}

/** The time of one process, until it is killed. */
export class Lifetime implements Clock {
  over = false;

  constructor(private readonly time: HubTime) {}

  now(): number {
    return Date.now() + this.time.offsetMs;
  }

  after(ms: number, run: () => void): () => void {
    return systemClock.after(ms, () => {
      if (!this.over) run();
    });
  }
}

/** A handheld's clock, fast or slow by a constant. */
export class DriftingClock implements Clock {
  private readonly startMs = Date.now();

  /** @param rate its seconds per true second */
  constructor(private readonly rate: number) {}

  now(): number {
    return this.startMs + (Date.now() - this.startMs) * this.rate;
  }

  after(ms: number, run: () => void): () => void {
    return systemClock.after(Math.ceil(ms / this.rate), run);
  }
}
