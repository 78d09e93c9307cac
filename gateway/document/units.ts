/** Units of potential, as records write them and as UCUM does. */
import type { Lead } from "../../protocol/open";

export interface Potential {
  /** UCUM's code. */
  code: "V" | "mV" | "uV";
  name: string;
  perMillivolt: number;
}

const VOLT: Potential = { code: "V", name: "volt", perMillivolt: 1e-3 };
const MILLIVOLT: Potential = { code: "mV", name: "millivolt", perMillivolt: 1 };
const MICROVOLT: Potential = { code: "uV", name: "microvolt", perMillivolt: 1000 };
const KNOWN = new Map([
  ["V", VOLT],
  ["v", VOLT],
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

/** Undefined as {@link potentialOf}. */
export function countsPerMillivolt(lead: Lead): number | undefined {
  const potential = potentialOf(lead);
  return potential && lead.gain * potential.perMillivolt;
}
