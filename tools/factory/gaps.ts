/** What a unit passed without: a pass is no proof of what nobody looked at. */
import { isHandless } from "./selftest";
import { isInTheClear, isWithoutAir, type UnitLine } from "./unitline";

/** As a screen has room for them. */
const GAPS = { air: "unseen", scan: "unscanned", hands: "no hands", clear: "keys in the clear" } as const;

export type Gap = keyof typeof GAPS;

/** @param line of a turn that ended with a pass */
export function gapsOf(line: Pick<UnitLine, "outcome" | "checks" | "tests">): Gap[] {
  const found: Record<Gap, boolean> = {
    air: isWithoutAir(line),
    scan: !line.checks.label?.startsWith("scanned"),
    hands: line.tests.some(isHandless),
    clear: isInTheClear(line),
  };
  return (Object.keys(GAPS) as Gap[]).filter((gap) => found[gap]);
}

export const gapWords = (gaps: Gap[]) => gaps.map((gap) => GAPS[gap]).join(", ");
