/** Waiting for a unit, which a signal ends. */
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 250;

/** Asks until there is an answer. @param restMs between two looks; @throws when `signal` says so */
export async function until<T>(
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
  restMs = LOOK_MS,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    await pause(restMs, undefined, { signal });
  }
}
