/** What light and buzzer say: by rhythm alone, never by colour. firmware/README.md has the same table in words. */
import { Pattern } from "../board/board";

export interface Rhythm {
  /** On, off, on, off… in ms; the last one is the pause before it begins again. */
  steps: number[];
  /** How often, 0 without end. */
  rounds: number;
  /** The buzzer says its first round. */
  sounds: boolean;
}

const SHORT = 100;
const LONG = 800;
const GAP = 250;

function rhythm(steps: number[], rounds: number, sounds: boolean): Rhythm {
  return { steps, rounds, sounds };
}

const table: Rhythm[] = [];
table[Pattern.off] = rhythm([], 1, false);
table[Pattern.claimMe] = rhythm([LONG, GAP, SHORT, 2000], 20, true);
table[Pattern.recording] = rhythm([SHORT, 2900], 0, true);
table[Pattern.keptHere] = rhythm([SHORT, GAP, SHORT, 5000], 0, true);
// Good news wakes nobody at night.
table[Pattern.hubHasIt] = rhythm([2000, 0], 1, false);
table[Pattern.nearlyFull] = rhythm([SHORT, GAP, SHORT, GAP, SHORT, 3000], 0, true);
table[Pattern.identify] = rhythm([LONG, GAP, LONG, GAP, LONG, 1000], 0, true);
table[Pattern.noContact] = rhythm(
  [SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, 1000],
  0,
  true,
);
table[Pattern.lowBattery] = rhythm([LONG, GAP, LONG, 8000], 0, true);
table[Pattern.notProvisioned] = rhythm([LONG, GAP, SHORT, GAP, SHORT, 2000], 0, false);
table[Pattern.failed] = rhythm([SHORT, GAP, LONG, GAP, SHORT, 1000], 0, false);

export const RHYTHMS = table;
