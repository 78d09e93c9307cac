/**
 * What a beat's intervals tell: each against the usual interval of the last few beats and of the last minute, and how
 * much these differ from each other. Nothing of the signal is looked at, so that it can be learnt from annotations
 * alone.
 */
import { select } from "../select";

export const TIMINGS = [
  "before",
  "behind",
  "next",
  "beforeToLong",
  "behindToLong",
  "nextToLong",
  "last",
  "secondLast",
  "thirdLast",
  "beforeToLast",
  "behindToBefore",
  "bothToLong",
  "usual",
  "usualLong",
  "usualToLong",
  "irregular",
  "irregularLong",
  "rank",
  "short",
  "long",
  "alike",
  "beforeToSlow",
  "early",
  "drops",
] as const;

/** Beats that are looked back at for the usual interval, for how much intervals differ, and for the long run. */
const NEAR = 12;
const CHANGES = 16;
const FAR = 48;
/** Intervals that are kept: the long run, and those behind a beat that is not judged yet. */
export const KEPT_INTERVALS = 64;
/** Shares of the usual interval within which one is like it, and below which it is early. */
const ALIKE = 0.08;
const EARLY = 0.85;
const EARLY_BEATS = 8;
/** No ratio counts for more. */
const MOST = 4;

const near = new Float64Array(NEAR);
const far = new Float64Array(FAR);
const changes = new Float64Array(FAR);
const newest = new Float64Array(CHANGES);

/**
 * @param intervals in samples, as a ring: the one between beats k and k + 1 at k modulo its length
 * @param index of the beat
 * @param behind from the beat to the next one, and on to the one after that
 * @param next in samples
 */
export function measureTiming(
  intervals: Float64Array,
  index: number,
  behind: number,
  next: number,
  rate: number,
  into: Float64Array,
): void {
  const back = (k: number) => intervals[(index - k) % intervals.length]!;
  if (index === 0) {
    into.fill(1);
    return;
  }
  const known = Math.min(index, FAR);
  for (let k = 0; k < known; k++) far[k] = back(k + 1);
  const before = far[0]!;
  const last = known > 1 ? far[1]! : before;
  let alike = 0;
  let shorter = 0;
  let early = 0;
  let drops = 0;
  const few = Math.min(known, NEAR);
  const nearby = near.subarray(0, few);
  nearby.set(far.subarray(0, few));
  const usual = select(nearby, few >> 1);
  const slow = few > 1 ? Math.max(...nearby.subarray(few >> 1)) : usual;
  const secondLast = known > 2 ? far[2]! : last;
  const thirdLast = known > 3 ? far[3]! : secondLast;
  const differences = changes.subarray(0, Math.max(1, known - 1));
  differences[0] = 0;
  for (let k = 0; k + 1 < known; k++) {
    differences[k] = Math.abs(far[k]! - far[k + 1]!);
    if (k < CHANGES && far[k]! < EARLY * far[k + 1]!) drops++;
    if (far[k]! < before) shorter++;
  }
  const recent = newest.subarray(0, Math.min(differences.length, CHANGES));
  recent.set(differences.subarray(0, recent.length));
  const irregular = select(recent, recent.length >> 1);
  const irregularLong = select(differences, differences.length >> 1);
  const all = far.subarray(0, known);
  const usualLong = select(all, known >> 1);
  for (let k = 0; k < known; k++) if (Math.abs(all[k]! / usualLong - 1) < ALIKE) alike++;
  for (let k = 0; k < Math.min(known, EARLY_BEATS); k++) if (back(k + 1) < EARLY * usualLong) early++;
  const short = select(all, Math.floor(known / 10));
  const long = select(all, Math.floor((9 * known) / 10));
  const values = [
    before / usual,
    behind / usual,
    next / usual,
    before / usualLong,
    behind / usualLong,
    next / usualLong,
    last / usual,
    secondLast / usual,
    thirdLast / usual,
    before / last,
    behind / before,
    (before + behind) / (2 * usualLong),
    usual / rate,
    usualLong / rate,
    usual / usualLong,
    irregular / usual,
    irregularLong / usualLong,
    shorter / known,
    short / usualLong,
    long / usualLong,
    alike / known,
    before / slow,
    early / EARLY_BEATS,
    drops / CHANGES,
  ];
  for (let k = 0; k < values.length; k++) into[k] = Math.min(MOST, values[k]!);
}
