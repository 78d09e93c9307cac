/**
 * A server outside the house that is told, every minute, that all is well. It hears nothing of a hub that is dead or ill,
 * and tells its owner so: a hub cannot do that for itself.
 */
import type { Clock } from "../clock";
import { Tally } from "../mqtt/tally";
import type { Log } from "../store/log";

const EVERY_MS = 60_000;
const TIMEOUT_MS = 15_000;

/** @throws where the server was not reached or did not say 2xx */
export type Ping = (url: string, timeoutMs: number) => Promise<void>;

/** Nothing of the hub is in it. */
export const pingByHttp: Ping = async (url, timeoutMs) => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "error" });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it says ${answer.status}`);
};

export class Watcher {
  private readonly tally: Tally;
  private cancel: () => void;
  private busy = false;

  constructor(
    private readonly parts: { url: string; isWell: () => boolean; clock: Clock; log: Log; ping?: Ping },
  ) {
    this.tally = new Tally("watcher", parts.clock, parts.log);
    this.cancel = parts.clock.after(EVERY_MS, () => this.look());
  }

  stop(): void {
    this.cancel();
  }

  private look(): void {
    this.cancel = this.parts.clock.after(EVERY_MS, () => this.look());
    if (!this.busy) void this.tell();
  }

  /** Never rejects. */
  private async tell(): Promise<void> {
    const { url, isWell, ping = pingByHttp } = this.parts;
    this.busy = true;
    try {
      if (isWell()) await ping(url, TIMEOUT_MS);
    } catch {
      // Without the reason: it may name the URL, and whoever has that can say that all is well.
      this.tally.count("unreached", "could not tell the watcher that all is well: see that its URL holds");
    } finally {
      this.busy = false;
    }
  }
}
