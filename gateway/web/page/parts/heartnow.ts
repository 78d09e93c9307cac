/** What may be said of the heart rate now: nothing that is old, and to whoever listens not at every beat. */
import type { Device } from "../../../schema/devices";

/** Blocks come each second, and analysis follows them: older than that, a rate is not one of now. */
export const OLD_MS = 15_000;
/** A handheld's clock may be ahead of the hub's by that. */
const AHEAD_MS = 5000;
/** For ears: said anew when it changed by so many beats a minute, and not more often than that. */
const CHANGE = 10;
const SAY_EVERY_MS = 30_000;

export type HeartNow =
  /** Nothing is known yet, or the handheld's clock was never set, so that nobody knows how old an answer is. */
  | { kind: "none" }
  /** Nobody touches the electrodes, or the newest seconds cannot be read. */
  | { kind: "no-contact" | "poor" }
  /** Nothing came for too long, from the handheld or from the hub. */
  | { kind: "old" | "silent" }
  | { kind: "rate"; rate: number; ageMs: number };

/** @param now by the hub's clock; of a handheld that records */
export function heartNow({ contact, heart }: NonNullable<Device["running"]>, now: number): HeartNow {
  if (!contact) return { kind: "no-contact" };
  if (!heart || heart.at - now > AHEAD_MS) return { kind: "none" };
  const ageMs = Math.max(0, now - heart.at);
  if (ageMs > OLD_MS) return { kind: "old" };
  return heart.rate === undefined ? { kind: "poor" } : { kind: "rate", rate: Math.round(heart.rate), ageMs };
}

export interface SaidHeart {
  heart: HeartNow;
  /** Ms of the page's own clock. */
  at: number;
}

/** What screen readers were told last, or are to be told now. */
export function saidHeart(before: SaidHeart | undefined, heart: HeartNow, at: number): SaidHeart {
  if (!before || before.heart.kind !== heart.kind) return { heart, at };
  if (heart.kind !== "rate" || before.heart.kind !== "rate" || at - before.at < SAY_EVERY_MS) return before;
  return Math.abs(heart.rate - before.heart.rate) < CHANGE ? before : { heart, at };
}
