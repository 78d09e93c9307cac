/**
 * What the family is told: gathered for a few minutes, kept back in quiet hours, told once. Kept in memory alone: what is
 * still wrong after a restart is told again.
 */
import type { Clock } from "../../clock";
import { Tally } from "../../mqtt/tally";
import { retryDelay } from "../../radio/backoff";
import { codeOf } from "../../store/errors";
import type { Log } from "../../store/log";
import { isQuiet, type QuietHours } from "./quiet";

const LOOK_EVERY_MS = 30_000;
/** What goes wrong together is one message. */
const GATHER_MS = 5 * 60_000;
const RETRY = { firstMs: 60_000, longestMs: 3600_000 };
/** Lines kept for one message; of more the number is told. */
const MAX_LINES = 50;

/** What is wrong now, by keys: of what has ended its key goes, and it is told anew when it comes back. */
export type Lookout = () => Map<string, string>;

/** @throws what its server answered */
export type Tell = (lines: string[]) => Promise<void>;

export interface AlertsParts {
  lookout: Lookout;
  /** One for each who is told, with nothing in common: one server that is down keeps no other back. */
  ways: Tell[];
  quiet?: QuietHours;
  timeZone?: string;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
}

interface Pile {
  tell: Tell;
  lines: string[];
  /** Those for which there was no room. */
  more: number;
  /** Unix ms: not before. */
  at: number;
  failures: number;
  busy: boolean;
}

export class Alerts {
  private readonly piles: Pile[];
  private known = new Set<string>();
  private readonly tally: Tally;
  private cancel: () => void;
  private stopped = false;

  constructor(private readonly parts: AlertsParts) {
    this.tally = new Tally("alerts", parts.clock, parts.log);
    this.piles = parts.ways.map((tell) => ({ tell, lines: [], more: 0, at: 0, failures: 0, busy: false }));
    this.cancel = parts.clock.after(0, () => this.look());
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private look(): void {
    const { clock, lookout, quiet, timeZone } = this.parts;
    this.cancel = clock.after(LOOK_EVERY_MS, () => this.look());
    const now = clock.now();
    try {
      const wrong = lookout();
      for (const [key, line] of wrong) if (!this.known.has(key)) this.add(line, now);
      this.known = new Set(wrong.keys());
    } catch (error) {
      this.tally.count(
        codeOf(error).toLowerCase(),
        `could not see what is wrong: ${(error as Error).message}`,
      );
    }
    if (quiet && isQuiet(quiet, now, timeZone)) return;
    for (const pile of this.piles)
      if (!pile.busy && pile.lines.length > 0 && now >= pile.at) void this.tell(pile);
  }

  private add(line: string, now: number): void {
    for (const pile of this.piles) {
      if (pile.lines.length === 0) pile.at = now + GATHER_MS;
      if (pile.lines.length < MAX_LINES) pile.lines.push(line);
      else pile.more++;
    }
  }

  /** Never rejects. What comes meanwhile is the next message's. */
  private async tell(pile: Pile): Promise<void> {
    const { clock, random } = this.parts;
    const { lines, more } = pile;
    [pile.lines, pile.more, pile.busy] = [[], 0, true];
    try {
      await pile.tell(more > 0 ? [...lines, `and ${more} more`] : lines);
      pile.failures = 0;
    } catch (error) {
      if (this.stopped) return;
      const all = [...lines, ...pile.lines];
      pile.more += more + Math.max(0, all.length - MAX_LINES);
      pile.lines = all.slice(0, MAX_LINES);
      pile.at = clock.now() + retryDelay(++pile.failures, random, RETRY);
      // Without its words: an address in them may be a secret.
      this.tally.count(codeOf(error).toLowerCase(), "could not tell an alert; it is tried again");
    } finally {
      pile.busy = false;
    }
  }
}
