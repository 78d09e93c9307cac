/** Sorted runs of numbers that do not touch: missing sequences, lost samples. */
import type { Hole } from "../../protocol/receipt";

export type Runs = Hole[];

/** Adds `length` numbers from `from` on, in place. */
export function addRun(runs: Runs, from: number, length: number): void {
  if (length <= 0) return;
  let start = from;
  let end = from + length;
  let at = runs.length;
  while (at > 0 && runs[at - 1].from + runs[at - 1].length >= from) at--;
  let count = 0;
  while (at + count < runs.length && runs[at + count].from <= end) {
    const run = runs[at + count++];
    start = Math.min(start, run.from);
    end = Math.max(end, run.from + run.length);
  }
  runs.splice(at, count, { from: start, length: end - start });
}

/** Takes `length` numbers from `from` on out, in place. */
export function cutRun(runs: Runs, from: number, length: number): void {
  if (length <= 0) return;
  const end = from + length;
  for (let at = runs.length - 1; at >= 0 && runs[at].from + runs[at].length > from; at--) {
    const run = runs[at];
    if (run.from >= end) continue;
    const left: Runs = [];
    if (run.from < from) left.push({ from: run.from, length: from - run.from });
    const runEnd = run.from + run.length;
    if (runEnd > end) left.push({ from: end, length: runEnd - end });
    runs.splice(at, 1, ...left);
  }
}

export function hasNumber(runs: Runs, number: number): boolean {
  return runs.some((run) => number >= run.from && number < run.from + run.length);
}

export function totalOf(runs: Runs): number {
  return runs.reduce((sum, run) => sum + run.length, 0);
}
