/** The steps of a unit's turn, in their order, and how one ends before the last. */
import type { FailureCode } from "./codes";

/** Share of a turn's time, roughly; together they are the bar. */
export const STEPS = {
  identify: 1,
  erase: 8,
  "self-test": 12,
  "erase again": 8,
  upload: 50,
  "read back": 8,
  identity: 5,
  "boot code": 2,
  lock: 4,
  air: 4,
  label: 3,
} as const;

export type Step = keyof typeof STEPS;

export const TOTAL = Object.values(STEPS).reduce((sum, share) => sum + share, 0);

/** How far the bar is. @param part of the step, 0 to 1 */
export function doneAt(step: Step, part: number): number {
  let done = 0;
  for (const [name, share] of Object.entries(STEPS)) {
    if (name === step) return done + share * part;
    done += share;
  }
  return done;
}

/** Why a unit does not pass; the message is for the operator and for the log, and holds no secret. */
export class UnitFailure extends Error {
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
  }
}

/** Nothing to be done with it: no failure, and no line in the log. */
export class NothingToDo extends Error {
  constructor(
    message: string,
    readonly serial: string,
  ) {
    super(message);
  }
}
