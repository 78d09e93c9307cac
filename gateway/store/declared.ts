/** What handhelds declared lost of a recording, and along which of it the chain may be followed. */
import { type Drop, DropReason } from "../../protocol/bodies";

export interface Declared extends Drop {
  /** The sequence at which its drop frame stands, */
  at: number;
  /** and whether it stands in a later recording. */
  later: boolean;
}

/** Whether the ring says that it gave frames up before it said so: whoever exchanges frames could forge any other. */
export function isBehindItsRange(drop: Declared): boolean {
  return drop.later || drop.at > drop.to;
}

export function isRange(drop: Declared): boolean {
  return drop.reason === DropReason.ringFull && isBehindItsRange(drop);
}

/** Whether it states the chain before its first frame. */
export function statesBefore({ before }: Drop): boolean {
  return before.some((byte) => byte !== 0);
}

/** The range to follow over a frame that is not here: what begins latest leaves the least untied. */
export function rangeOver(ranges: Declared[], sequence: number): Declared | undefined {
  let best: Declared | undefined;
  for (const range of ranges) {
    if (range.from > sequence || range.to < sequence) continue;
    const better =
      !best ||
      range.from > best.from ||
      (range.from === best.from && statesBefore(range) && !statesBefore(best));
    if (better) best = range;
  }
  return best;
}
