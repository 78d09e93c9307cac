/** What a hub says next of an update: from what its owner wants and what the handheld said last. Keeps nothing. */
import { type Command, Op } from "../../protocol/command";
import { UpdatePhase, UpdateRefusal, type UpdateState } from "../../protocol/update";
import type { Update, UpdateEnd } from "../store/updates";

/** A release as it is sent. */
export interface Sendable {
  counter: number;
  /** Of the image. */
  bytes: number;
  offer(): Command;
  chunk(at: number): Command;
}

export type Step =
  | { say: Command }
  /** Nothing to say: the handheld works, or waits for its owner. An offer asks it how far it is. */
  | { wait: "handheld" | "owner" }
  | { end: UpdateEnd };

/** What a handheld says to a swap that is only not possible yet. */
const NOT_NOW: number[] = [UpdateRefusal.recording, UpdateRefusal.battery, UpdateRefusal.backlog];

export function isNotNow(refused: number): boolean {
  return NOT_NOW.includes(refused);
}

type Wish = Pick<Update, "again" | "begun" | "swap" | "cancelled" | "swapped">;

/** @param state undefined when nothing was heard since the session began, or since the last offer or cancel */
export function stepOf(wish: Wish, release: Sendable, state: UpdateState | undefined): Step {
  const { counter } = release;
  if (state && state.running === counter)
    return state.phase === UpdatePhase.trial ? { wait: "handheld" } : { end: "installed" };
  const isOurs = state?.counter === counter;
  if (wish.swapped && isOurs && state.phase === UpdatePhase.back) return { end: "back" };
  if (wish.cancelled) {
    const isOver = state && (!isOurs || state.phase === UpdatePhase.none);
    return isOver ? { end: "cancelled" } : { say: { op: Op.cancel, counter } };
  }
  // What did not come up is offered again only to a handheld that was told to forget it.
  if (!state && wish.again && !wish.begun) return { say: { op: Op.cancel, counter } };
  if (!state || !isOurs) return { say: release.offer() };
  switch (state.phase) {
    case UpdatePhase.back:
      // Of an earlier try: its owner wants another one.
      return { say: { op: Op.cancel, counter } };
    case UpdatePhase.clearing:
      return { wait: "handheld" };
    case UpdatePhase.taking:
      return state.taken < release.bytes ? { say: release.chunk(state.taken) } : { wait: "handheld" };
    case UpdatePhase.ready:
      return wish.swap === "no" ? { wait: "owner" } : { say: { op: Op.swap, counter } };
    default:
      return state.refused === UpdateRefusal.none ? { say: release.offer() } : { end: "refused" };
  }
}
