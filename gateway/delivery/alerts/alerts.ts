/**
 * Tells the family what is wrong: gathered for a few minutes, kept back in quiet hours unless it is urgent, told once, and
 * once more when it is over. Kept on disk where that can be written, so that a hub that was ended goes on. One that ends
 * between a server's answer and its own note of it tells that message again.
 */
import type { Clock } from "../../clock";
import { Tally } from "../../mqtt/tally";
import { retryDelay } from "../../radio/backoff";
import { codeOf } from "../../store/errors";
import type { Log } from "../../store/log";
import type { AlertBook, Listener, Wanted } from "./book";
import type { Message } from "./message";
import {
  accepted,
  emptyPile,
  follow,
  forgetMoments,
  forgetTopics,
  isDue,
  messageOf,
  type Pile,
  type Wrong,
} from "./pile";
import { isQuiet } from "./quiet";

const LOOK_EVERY_MS = 30_000;
const MINUTE_MS = 60_000;
const RETRY = { firstMs: MINUTE_MS, longestMs: 60 * MINUTE_MS };

/** What is wrong now, by keys that stay the same while it lasts. */
export type Lookout = (now: number, times: Wanted["times"]) => Map<string, Wrong>;

/** @throws what the way's server answered */
export type Tell = (to: Listener, message: Message, isHealth: boolean) => Promise<void>;

export interface AlertsParts {
  book: Pick<AlertBook, "wanted" | "told" | "keep">;
  lookout: Lookout;
  tell: Tell;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
}

export class Alerts {
  /** Nothing in common: one server that is down keeps no other back. */
  private piles: Pile[];
  private readonly busy = new Set<number>();
  private readonly tally: Tally;
  private cancel: () => void;
  private stopped = false;

  constructor(private readonly parts: AlertsParts) {
    this.tally = new Tally("alerts", parts.clock, parts.log);
    this.piles = parts.book.told();
    this.cancel = parts.clock.after(0, () => this.look());
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private look(): void {
    const { clock, book, lookout } = this.parts;
    this.cancel = clock.after(LOOK_EVERY_MS, () => this.look());
    const now = clock.now();
    try {
      const { listeners, times, paused } = book.wanted();
      if (paused) return;
      this.piles = listeners.map(
        ({ id }) => this.piles.find(({ listener }) => listener === id) ?? emptyPile(id),
      );
      if (listeners.length === 0) return;
      const wrong = lookout(now, times);
      const gatherMs = times.gatherMinutes * MINUTE_MS;
      const changes = listeners.map(({ tells }, n) => {
        const pile = this.piles[n]!;
        forgetTopics(pile, tells);
        const theirs = new Map([...wrong].filter(([, { topic }]) => tells.includes(topic)));
        return follow(pile, theirs, now, gatherMs);
      });
      if (changes.includes(true)) this.keep();
      const { quiet } = times;
      const isNight = quiet !== undefined && isQuiet(quiet, now, quiet.timeZone);
      for (const [n, to] of listeners.entries())
        if (!this.busy.has(to.id) && isDue(this.piles[n]!, now, isNight) && forgetMoments(this.piles[n]!))
          void this.tell(to, this.piles[n]!, gatherMs);
    } catch (error) {
      this.tally.count(
        codeOf(error).toLowerCase(),
        `could not see what is wrong: ${(error as Error).message}`,
      );
    }
  }

  /** Never rejects. */
  private async tell(to: Listener, pile: Pile, gatherMs: number): Promise<void> {
    const { clock, random, tell } = this.parts;
    const sent = { lines: { ...pile.lines }, more: pile.more };
    this.busy.add(to.id);
    try {
      const isHealth = Object.values(sent.lines).some(({ topic }) => topic === "finding");
      await tell(to, messageOf(sent), isHealth);
      if (this.stopped) return;
      accepted(pile, sent, clock.now(), gatherMs);
    } catch (error) {
      if (this.stopped) return;
      pile.at = clock.now() + retryDelay(++pile.failures, random, RETRY);
      pile.reason = (error as Error).message;
      // Without the reason: a mail server's words may name somebody.
      this.tally.count(codeOf(error).toLowerCase(), "could not tell an alert; it is tried again");
    } finally {
      this.busy.delete(to.id);
    }
    this.keep();
  }

  /** A disk that is full is just what has to be told: then it goes on from memory. */
  private keep(): void {
    try {
      this.parts.book.keep(this.piles);
    } catch (error) {
      this.tally.count(codeOf(error).toLowerCase(), "could not note what was told; it is in memory alone");
    }
  }
}
