/** Slows guessing down, for each guesser and in all, and locks nobody out for good. */
import { isIPv4, isIPv6 } from "node:net";
import type { Clock } from "../clock";

/** Wrong passwords that cost nothing: everybody mistypes. */
const FREE_FAILURES = 3;
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 30_000;
/** After so long without another failure, a guesser is as new. */
const FORGET_MS = 15 * 60_000;
const MAX_GUESSERS = 1024;
/** Of all strangers of one side together: a burst, then one every so often. */
const BURST = 10;
const REFILL_MS = 3000;

/** What is guessed: whoever knows one of them, and says so in between, is as slow with the others. */
export type Secret = "owner" | "viewer" | "setup";

interface Guesser {
  failures: number;
  failedAt: number;
}

export class Throttle {
  private readonly guessers = new Map<string, Guesser>();
  /** This machine's own, and the network's: a flood from outside keeps nobody here from the door. */
  private readonly lanes = { here: { tokens: BURST, at: 0 }, elsewhere: { tokens: BURST, at: 0 } };

  constructor(private readonly clock: Clock) {}

  /**
   * Counts as an attempt when it may go on.
   * @param browser name of a browser that somebody logged in with before, as what is guessed: it waits for its own
   * failures alone
   * @returns ms to wait, 0 to go on
   */
  admit(secret: Secret, address: string, browser: string | undefined): number {
    const now = this.clock.now();
    const guesser = this.guessers.get(keyOf(secret, address, browser));
    const failures = guesser === undefined ? 0 : guesser.failures - FREE_FAILURES;
    if (guesser && failures >= 0) {
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LAST_WAIT_MS);
      const waited = Math.abs(now - guesser.failedAt);
      if (waited < wait) return wait - waited;
    }
    if (browser !== undefined) return 0;
    const lane = this.lanes[isLoopback(address) ? "here" : "elsewhere"];
    const refilled = Math.floor(Math.abs(now - lane.at) / REFILL_MS);
    if (refilled > 0) {
      lane.tokens = Math.min(BURST, lane.tokens + refilled);
      lane.at = now;
    }
    if (lane.tokens === 0) return REFILL_MS - Math.abs(now - lane.at);
    lane.tokens--;
    return 0;
  }

  failed(secret: Secret, address: string, browser: string | undefined): void {
    const now = this.clock.now();
    const key = keyOf(secret, address, browser);
    const before = this.guessers.get(key);
    const fresh = before === undefined || Math.abs(now - before.failedAt) > FORGET_MS;
    this.guessers.delete(key);
    this.guessers.set(key, { failures: fresh ? 1 : before.failures + 1, failedAt: now });
    if (this.guessers.size > MAX_GUESSERS) this.guessers.delete(this.guessers.keys().next().value!);
  }

  succeeded(secret: Secret, address: string, browser: string | undefined): void {
    this.guessers.delete(keyOf(secret, address, browser));
    const lane = this.lanes[isLoopback(address) ? "here" : "elsewhere"];
    if (browser === undefined) lane.tokens = Math.min(BURST, lane.tokens + 1);
  }
}

function keyOf(secret: Secret, address: string, browser: string | undefined): string {
  return `${secret} ${browser === undefined ? networkOf(address) : `browser ${browser}`}`;
}

/** Whoever has an IPv6 address has 2^64 of them. */
function networkOf(address: string): string {
  if (!isIPv6(address) || isLoopback(address)) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const [head = "", tail = ""] = address.split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === "" ? 0 : tail.split(":").length;
  while (groups.length + behind < 8) groups.push("0");
  return groups.slice(0, 4).join(":").toLowerCase();
}

export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./i.test(address) || address === "::1";
}
