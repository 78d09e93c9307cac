/** A piece of one lead as the hub sends it, and what of it is missing. */

import { NO_SAMPLE } from "../../../schema/nosample";

export interface Piece {
  /** Number of its first sample, in the recording. */
  from: number;
  /** Samples to an entry: 1 = every sample, more = smallest and largest of so many, two values an entry. */
  step: number;
  values: Int32Array;
}

/** A run of samples. */
export interface Range {
  from: number;
  /** The first one behind it. */
  to: number;
}

export const entriesOf = ({ step, values }: Piece): number =>
  step === 1 ? values.length : values.length / 2;

/** Entries of which nothing is held, as samples, ascending. */
export function gapsIn(piece: Piece): Range[] {
  const { from, step, values } = piece;
  const width = step === 1 ? 1 : 2;
  const gaps: Range[] = [];
  const entries = entriesOf(piece);
  for (let entry = 0; entry < entries; entry++) {
    if (values[entry * width] !== NO_SAMPLE) continue;
    const begin = from + entry * step;
    const last = gaps.at(-1);
    if (last?.to === begin) last.to = begin + step;
    else gaps.push({ from: begin, to: begin + step });
  }
  return gaps;
}

/** Overlapping and touching ones as one, ascending. */
export function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else if (to > from) result.push({ from, to });
  }
  return result;
}

/** The count of a sample; undefined outside the piece, in a gap, and where there are only pairs. */
export function countAt({ from, step, values }: Piece, sample: number): number | undefined {
  const value = step === 1 ? values[sample - from] : undefined;
  return value === NO_SAMPLE ? undefined : value;
}
