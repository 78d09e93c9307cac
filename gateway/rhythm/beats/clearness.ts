/**
 * How clearly a lead shows its beats around one of them. A heart repeats itself: where a signal is clear, most beats have
 * a shape that came before, and the line before their complexes is the usual one. Movement of an electrode changes both,
 * and then it makes shapes as wide as a ventricle does. A heart's own extra beats change them too, but not those of most
 * neighbours; hence medians.
 */
import { select } from "../select";

/** Beats before and behind one whose shapes are looked at, and whose line before the complex is. */
const SHAPES = { before: 12, behind: 2 };
const LINES = { before: 4, behind: 2 };
const KEPT = 16;
/** Of the lines' differences, the one at this share of them counts: extra beats have no P wave. */
const LINE_SHARE = 0.4;
const LINE_WEIGHT = 0.7;
/** A likeness of 1, or no difference at all, must not rule. */
const LEAST = { unlike: 0.0003, line: 0.01 };
/** Until that many beats were seen, a lead without any known shape is taken for a clear one. */
const LEARNING_BEATS = 8;
const UNTOLD = 0.995;
/** What is clear enough, and how much of a patient's own usual clearness is asked for, above that of 7. */
const ENOUGH = 5.7;
const OWN_SHARE = 0.2;
const OWN_FROM = 7;
/** With every beat the usual clearness falls by this, so that the best of the last minutes is remembered. */
const FADE = 0.001;
/** A beat is strange whose likeness to all known shapes is below 0.95. */
const STRANGE = 3;

export interface Clearness {
  /** Of the last beats, as rings: likeness to the best known shape, difference of the line before the complex. */
  familiar: Float64Array;
  lines: Float64Array;
  usual: number;
}

export function newClearness(): Clearness {
  return { familiar: new Float64Array(KEPT), lines: new Float64Array(KEPT), usual: 0 };
}

/**
 * Takes the next beat.
 * @param familiar its likeness to the best of the shapes that are known; undefined where none is
 * @param line root mean square of what the line before its complex differs by, as a share of a complex's height
 */
export function note(state: Clearness, index: number, familiar: number | undefined, line: number): void {
  state.familiar[index % KEPT] = familiar ?? (index < LEARNING_BEATS ? UNTOLD : -1);
  state.lines[index % KEPT] = line;
}

/**
 * To be asked of every beat once, in order.
 * @param beats that were noted
 * @returns how much clearness is missing around the beat, in logarithms: above 0, noise may have made its shape
 */
export function unclear(state: Clearness, index: number, beats: number): number {
  const around = (ring: Float64Array, reach: typeof SHAPES, share: number) => {
    const from = Math.max(0, index - reach.before);
    const to = Math.min(beats - 1, index + reach.behind);
    for (let k = from; k <= to; k++) scratch[k - from] = ring[k % KEPT]!;
    const count = to - from + 1;
    return select(scratch.subarray(0, count), Math.round(share * (count - 1)));
  };
  const clear =
    told(around(state.familiar, SHAPES, 0.5)) -
    LINE_WEIGHT * Math.log(LEAST.line + around(state.lines, LINES, LINE_SHARE));
  state.usual = index === 0 ? clear : Math.max(clear, state.usual - FADE);
  return ENOUGH + OWN_SHARE * (state.usual - OWN_FROM) - clear;
}

/** How much a beat itself lacks of a known shape, in logarithms; 0 for one that has it. */
export function strange(state: Clearness, index: number): number {
  return Math.max(0, STRANGE - told(state.familiar[index % KEPT]!));
}

const scratch = new Float64Array(KEPT);

const told = (likeness: number) => -Math.log(1 + LEAST.unlike - likeness);
