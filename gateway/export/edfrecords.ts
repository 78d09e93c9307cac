/**
 * How a recording is cut into EDF's data records, which are all of one length: every sample that is held stands in one,
 * and where the length allows nothing else does.
 */
import type { Stretch } from "../document/study";
import { StoreError } from "../store/errors";

export interface RecordPlan {
  /** Per lead and record. */
  samples: number;
  /** Of a record in seconds, exactly, in at most 8 characters. */
  duration: string;
  /** In all. */
  records: number;
  runs: PlannedRun[];
}

/** Samples without a gap, as records one behind the other. */
export interface PlannedRun extends Stretch {
  /** Number of its first record, from 0. */
  first: number;
  records: number;
  /** Samples that its last record is too long by. */
  padding: number;
}

interface Length {
  samples: number;
  duration: string;
}

const FIELD = 8;
/** Shorter records would be more of annotation than of signal: then some are padded instead. */
const WORTH_SECONDS = 0.2;
const MAX_TRIES = 100_000;

/** @throws EXPORT_RECORDS where no length of a record suits the rate or the gaps */
export function planRecords(rateNum: number, rateDen: number, runs: Stretch[]): RecordPlan {
  const lengths = lengthsAt(rateNum, rateDen);
  const together = runs.reduce((sum, { from, to }) => gcd(sum, to - from), 0);
  const exact = lengths.find(
    ({ samples, duration }) => together % samples === 0 && Number(duration) >= WORTH_SECONDS,
  );
  const chosen =
    exact ?? lengths.find(({ samples }) => runs.every((run, at) => fits(run, runs[at + 1], samples)));
  if (!chosen)
    throw new StoreError(
      "EXPORT_RECORDS",
      `cannot export as edf: no record of whole samples at ${rateNum}/${rateDen} per second ${
        lengths.length === 0 ? "has a length of 8 characters" : "fits between its gaps"
      }. Use --format wfdb`,
    );
  let first = 0;
  const planned = runs.map(({ from, to }): PlannedRun => {
    const records = Math.ceil((to - from) / chosen.samples);
    const run = { from, to, first, records, padding: records * chosen.samples - (to - from) };
    first += records;
    return run;
  });
  return { ...chosen, records: first, runs: planned };
}

/** Of whole samples and a decimal number of seconds, the longest first: up to a second, or the first that is longer. */
function lengthsAt(rateNum: number, rateDen: number): Length[] {
  const shared = gcd(rateNum, rateDen);
  const [per, seconds] = [rateNum / shared, rateDen / shared];
  // What of the rate no decimal number divides by.
  let step = per;
  for (const prime of [2, 5]) while (step % prime === 0) step /= prime;
  const lengthOf = (times: number): Length[] => {
    const samples = times * step;
    const duration = exactSeconds(BigInt(samples) * BigInt(seconds), BigInt(per));
    return duration ? [{ samples, duration }] : [];
  };
  const inOne = Math.floor(per / seconds / step);
  const short = Array.from({ length: Math.min(inOne, MAX_TRIES) }, (_, i) => lengthOf(inOne - i)).flat();
  if (short.length > 0) return short;
  // `per` samples last whole seconds.
  for (let times = inOne + 1; times <= Math.min(per / step, inOne + MAX_TRIES); times++) {
    const long = lengthOf(times);
    if (long.length > 0) return long;
  }
  return [];
}

function exactSeconds(numerator: bigint, denominator: bigint): string | undefined {
  const millionths = numerator * 1_000_000n;
  if (millionths % denominator !== 0n) return undefined;
  const text = String(millionths / denominator).padStart(7, "0");
  const fraction = text.slice(-6).replace(/0+$/, "");
  const duration = text.slice(0, -6) + (fraction && `.${fraction}`);
  return duration.length <= FIELD ? duration : undefined;
}

/** Whether the run's last record ends before the next run begins. */
function fits({ from, to }: Stretch, next: Stretch | undefined, samples: number): boolean {
  return !next || from + Math.ceil((to - from) / samples) * samples <= next.from;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
