/** Units of potential, as records write them and as UCUM does. */
import type { Lead } from "../../protocol/open";

export interface Potential {
  /** UCUM's code. */
  code: "V" | "mV" | "uV";
  name: string;
}

const VOLT: Potential = { code: "V", name: "volt" };
const MILLIVOLT: Potential = { code: "mV", name: "millivolt" };
const MICROVOLT: Potential = { code: "uV", name: "microvolt" };
const KNOWN = new Map([
  ["V", VOLT],
  ["mV", MILLIVOLT],
  ["mv", MILLIVOLT],
  ["uV", MICROVOLT],
  ["uv", MICROVOLT],
  // Micro and the Greek letter look alike.
  ["\u00b5V", MICROVOLT],
  ["\u03bcV", MICROVOLT],
]);

/** Undefined for a lead that nobody calibrated, or in a unit that is none of potential. */
export function potentialOf({ gain, unit }: Lead): Potential | undefined {
  return gain > 0 ? KNOWN.get(unit.trim()) : undefined;
}
