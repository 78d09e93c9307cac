/** Beat classes held against a record's reference, beat by beat, after ANSI/AAMI EC57. */
import type { Annotation } from "../../wfdb/annotations";
import { isBeat } from "../../wfdb/codes";
import type { BeatClass } from "../types";
import type { BeatCounts, Span } from "./beats";
import { pairBeats, WINDOW_SECONDS } from "./pair";

export interface ClassedBeat {
  sample: number;
  class: BeatClass;
}

/** `none`: no beat there, in the reference or in the test. */
type Row = BeatClass | "none";
const ROWS: Row[] = ["N", "S", "V", "F", "Q", "none"];

/** How many beats of each reference class (rows) were given each class (columns). */
export type Confusion = Record<Row, Record<Row, number>>;

/** PhysioBank's symbols as EC57 groups them, the way WFDB's `bxb` does: escape beats with their premature kin. */
const CLASSES: Record<BeatClass, string> = { N: "NLRB", S: "AaJSnej", V: "VrE", F: "F", Q: "/fQ?" };

export function classOf(symbol: string): BeatClass {
  return (Object.keys(CLASSES) as BeatClass[]).find((each) => CLASSES[each].includes(symbol)) ?? "Q";
}

/** The reference's beats with their classes. */
export function referenceClasses(annotations: Annotation[]): ClassedBeat[] {
  return annotations
    .filter(({ code }) => isBeat(code))
    .map(({ sample, symbol }) => ({ sample, class: classOf(symbol) }));
}

/** EC57 leaves records with paced beats out of what it reports of ectopic beats. */
export function isPaced(annotations: Annotation[]): boolean {
  return annotations.some(({ symbol }) => symbol === "/");
}

/** Counts as `compareBeats` does: a pair where its reference beat lies, from sample `from` on, outside `excluded`. */
export function compareClasses(
  reference: ClassedBeat[],
  test: ClassedBeat[],
  scope: { rate: number; from: number; excluded: Span[] },
): Confusion {
  const confusion = Object.fromEntries(
    ROWS.map((row) => [row, Object.fromEntries(ROWS.map((column) => [column, 0]))]),
  ) as Confusion;
  const pairs = pairBeats(
    reference.map(({ sample }) => sample),
    test.map(({ sample }) => sample),
    Math.round(WINDOW_SECONDS * scope.rate),
  );
  const counted = (sample: number) =>
    sample >= scope.from && !scope.excluded.some(({ from, to }) => sample >= from && sample < to);
  reference.forEach((beat, index) => {
    if (counted(beat.sample)) confusion[beat.class][test[pairs.reference[index]!]?.class ?? "none"]++;
  });
  test.forEach((beat, index) => {
    if (pairs.test[index]! < 0 && counted(beat.sample)) confusion.none[beat.class]++;
  });
  return confusion;
}

/**
 * Ventricular ectopic beats. A fusion beat, or one that nobody can classify, may be called ventricular: it counts
 * neither for nor against.
 */
export function ventricular(confusion: Confusion): BeatCounts {
  return counts(confusion, "V", ["N", "S", "none"]);
}

/** Supraventricular ectopic beats. Only what nobody can classify may be called so. */
export function supraventricular(confusion: Confusion): BeatCounts {
  return counts(confusion, "S", ["N", "V", "F", "none"]);
}

function counts(confusion: Confusion, of: BeatClass, against: Row[]): BeatCounts {
  const all = ROWS.reduce((sum, column) => sum + confusion[of][column], 0);
  return {
    found: confusion[of][of],
    missed: all - confusion[of][of],
    extra: against.reduce((sum, row) => sum + confusion[row][of], 0),
  };
}
