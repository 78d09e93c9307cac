/** How long an address, or an adapter, that failed waits before it is tried again. */

const FIRST_MS = 1000;
const LONGEST_MS = 60000;
const JITTER = 0.2;

/**
 * 1, 2, 4 … 60 s, each ±20 %, so that handhelds of one house do not come back in step.
 * @param failures in a row; none means at once
 * @param random from 0 to 1
 * @returns ms
 */
export function retryDelay(
  failures: number,
  random: () => number,
  { firstMs = FIRST_MS, longestMs = LONGEST_MS } = {},
): number {
  if (failures <= 0) return 0;
  const plain = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(plain * (1 - JITTER + 2 * JITTER * random()));
}
