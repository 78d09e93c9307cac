/** How far a lead's curve goes from 0 mV to both sides: what its paper must have room for. */
import { NO_SAMPLE } from "../../../schema/nosample";
import { countsPerMillivolt, type LeadScale } from "./place";
import type { Piece } from "./samples";

/** In mV, each 0 or more. */
export interface Reach {
  above: number;
  below: number;
}

export interface Extremes {
  least: number;
  most: number;
}

/** What the whole range of an uncalibrated lead takes, as if in mV. */
export const UNCALIBRATED_MV = 2;
/** Of a recording's seconds, those that go furthest: cables that were pulled are not to make a day's paper high. */
const OUTLIERS = 0.02;

/** In counts; undefined where nothing is held. */
export function extremesOf(pieces: readonly Piece[]): Extremes | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { values } of pieces)
    for (const value of values) {
      if (value === NO_SAMPLE) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  return most < least ? undefined : { least, most };
}

/** Counts to mV. @returns undefined of nothing, or without a voltage */
export function reachBetween(lead: LeadScale, extremes: Extremes | undefined): Reach | undefined {
  const counts = countsPerMillivolt(lead);
  if (counts === undefined || !extremes) return undefined;
  return {
    above: Math.max(0, (extremes.most - lead.baseline) / counts),
    below: Math.max(0, (lead.baseline - extremes.least) / counts),
  };
}

/**
 * Of a whole recording, but for its wildest fiftieth; all of it where that is less than a second.
 * @param pieces of one lead @param rate samples per second
 */
export function usualReach(lead: LeadScale, pieces: readonly Piece[], rate: number): Reach | undefined {
  const [lows, highs]: [number[], number[]] = [[], []];
  for (const { from, step, values } of pieces) {
    // Each at least a second long, so that there is a beat in most.
    const length = Math.max(1, Math.ceil(rate / step)) * (step === 1 ? 1 : 2);
    for (let at = 0; at < values.length; at += length) {
      const one = extremesOf([{ from, step, values: values.subarray(at, at + length) }]);
      if (!one) continue;
      lows.push(one.least);
      highs.push(one.most);
    }
  }
  if (lows.length === 0) return undefined;
  lows.sort((a, b) => a - b);
  highs.sort((a, b) => a - b);
  const skipped = Math.floor(lows.length * OUTLIERS);
  return reachBetween(lead, { least: lows[skipped]!, most: highs[highs.length - 1 - skipped]! });
}

/** Room for both. */
export function widened(one: Reach | undefined, other: Reach | undefined): Reach | undefined {
  if (!one || !other) return one ?? other;
  return { above: Math.max(one.above, other.above), below: Math.max(one.below, other.below) };
}
