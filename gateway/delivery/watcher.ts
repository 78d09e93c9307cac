/**
 * A server outside the house that is told, every minute, that all is well. It hears nothing of a hub that is dead or ill,
 * and tells its owner so: a hub cannot do that for itself.
 */
import type { Clock } from "../clock";
import { Tally } from "../mqtt/tally";
import type { Log } from "../store/log";
import { ask } from "./alerts/ways";

const EVERY_MS = 60_000;

/** Nothing of the hub is in it. @throws as ask */
export type Ping = (url: string) => Promise<void>;

export const pingByHttp: Ping = (url) => ask(url, { method: "GET" });

/** As far as this run of the hub knows, Unix ms. */
export interface Watched {
  pingedAt?: number;
  failingSince?: number;
}

export interface WatcherParts {
  /** Undefined while nobody watches. */
  url: () => string | undefined;
  isWell: () => boolean;
  clock: Clock;
  log: Log;
  ping: Ping;
}

export class Watcher {
  readonly watched: Watched = {};
  private readonly tally: Tally;
  private cancel: () => void;
  private busy = false;

  constructor(private readonly parts: WatcherParts) {
    this.tally = new Tally("watcher", parts.clock, parts.log);
    this.cancel = parts.clock.after(EVERY_MS, () => this.look());
  }

  stop(): void {
    this.cancel();
  }

  /** At once. @throws why it does not know that all is well */
  async ping(): Promise<void> {
    const { url, isWell, ping, clock } = this.parts;
    const to = url();
    if (to === undefined)
      throw new Error("nobody watches: name the watcher's URL, and after a restore save the alerts' times");
    if (!isWell()) throw new Error("the hub is not well, and says so to nobody: see its problems on Home");
    try {
      await ping(to);
      this.watched.pingedAt = clock.now();
      delete this.watched.failingSince;
    } catch (error) {
      this.watched.failingSince ??= clock.now();
      throw error;
    }
  }

  private look(): void {
    this.cancel = this.parts.clock.after(EVERY_MS, () => this.look());
    if (!this.busy) void this.tell();
  }

  /** Never rejects. */
  private async tell(): Promise<void> {
    this.busy = true;
    try {
      if (this.parts.url() !== undefined) await this.ping();
    } catch {
      // Without the reason: it may name the URL, and whoever has that can say that all is well.
      this.tally.count("unreached", "could not tell the watcher that all is well: see that its URL holds");
    } finally {
      this.busy = false;
    }
  }
}
