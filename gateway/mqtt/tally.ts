/** Counts what was refused or lost, by kind, and tells it once a minute per kind. */
import type { Clock } from "../clock";
import type { Log } from "../store/log";

const TELL_EVERY_MS = 60000;

interface Kind {
  total: number;
  untold: number;
  toldAt: number;
}

/** Bounded: kinds are words of the source text, never of a message. */
export class Tally {
  private readonly kinds = new Map<string, Kind>();

  constructor(
    private readonly who: string,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Told of everything that is counted. */
    private readonly onCount: () => void = () => {},
  ) {}

  /** @param text what was done with the `kind`, for the log */
  count(kind: string, text: string, howMany = 1): void {
    this.onCount();
    let entry = this.kinds.get(kind);
    if (!entry) {
      entry = { total: 0, untold: 0, toldAt: Number.NEGATIVE_INFINITY };
      this.kinds.set(kind, entry);
    }
    entry.total += howMany;
    entry.untold += howMany;
    const now = this.clock.now();
    if (Math.abs(now - entry.toldAt) < TELL_EVERY_MS) return;
    this.log.warn(
      { who: this.who, kind, count: entry.untold },
      `${this.who}: ${text} (${entry.untold} since last told)`,
    );
    entry.untold = 0;
    entry.toldAt = now;
  }

  totals(): Record<string, number> {
    return Object.fromEntries([...this.kinds].map(([kind, entry]) => [kind, entry.total]));
  }
}
