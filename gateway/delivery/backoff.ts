/** When a delivery that did not get there is tried again, and when no more. */
import { retryDelay } from "../radio/backoff";

const FIRST_MS = 60_000;
const LONGEST_MS = 6 * 3600_000;
const PATIENCE_MS = 7 * 24 * 3600_000;

/**
 * 1, 2, 4 … minutes up to 6 hours, each ±20 %, and not before the other side wants to be asked again.
 * @param failures so far
 * @returns Unix ms; undefined once it has waited for a week
 */
export function nextAttempt(
  { queuedAt, failures, retryAfterMs }: { queuedAt: number; failures: number; retryAfterMs: number },
  now: number,
  random: () => number,
): number | undefined {
  if (now - queuedAt >= PATIENCE_MS) return undefined;
  const delayMs = retryDelay(failures, random, { firstMs: FIRST_MS, longestMs: LONGEST_MS });
  return now + Math.max(delayMs, retryAfterMs);
}
