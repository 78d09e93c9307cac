/**
 * What EDF says of a signal's scale: two counts, and the physical values that they mean, in at most 8 characters each.
 * Any two counts will do that the samples lie between; those are taken whose values have few digits, so that readers
 * find exactly the values that the lead's gain gives.
 */
import type { Lead } from "../../protocol/open";
import { StoreError } from "../store/errors";

/** Counts, both included. */
export interface Range {
  min: number;
  max: number;
}

export interface Scale {
  digital: Range;
  physicalMin: string;
  physicalMax: string;
}

const FIELD = 8;
const MAX_DECIMALS = 6;

interface End {
  count: number;
  text: string;
}

/**
 * @param bits of the front end: its whole range is said where the file can hold it
 * @param file counts that a file of this kind can hold
 * @param held samples that there are
 * @throws EXPORT_SCALE where no number of 8 characters comes near
 */
export function scaleOf(lead: Lead, bits: number, file: Range, held: Range): Scale {
  const reach = 2 ** (bits - 1);
  const wanted = {
    min: Math.max(file.min, Math.min(-reach, held.min)),
    max: Math.min(file.max, Math.max(reach - 1, held.max)),
  };
  if (lead.gain === 0)
    return { digital: wanted, physicalMin: String(wanted.min), physicalMax: String(wanted.max) };
  const low = exactEnd(lead, wanted.min, { min: file.min, max: held.min }) ?? nearEnd(lead, wanted.min);
  const high = exactEnd(lead, wanted.max, { min: held.max, max: file.max }) ?? nearEnd(lead, wanted.max);
  if (!low || !high || low.count >= high.count || Number(low.text) >= Number(high.text))
    throw new StoreError(
      "EXPORT_SCALE",
      `cannot export lead ${lead.name} as edf: ${lead.gain} counts per ${lead.unit} is no scale that ${FIELD} characters can tell. Use --format wfdb`,
    );
  return { digital: { min: low.count, max: high.count }, physicalMin: low.text, physicalMax: high.text };
}

/** Among counts that may stand at an end, the one nearest to `wanted` whose value is exact in the field. */
function exactEnd(lead: Lead, wanted: number, may: Range): End | undefined {
  const { numerator, denominator } = fractionOf(lead.gain);
  let best: End | undefined;
  for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
    // Counts from the baseline whose value has so many decimals are multiples of this.
    const step = Number(numerator / gcd(numerator, denominator * 10n ** BigInt(decimals)));
    const steps = (wanted - lead.baseline) / step;
    for (const times of new Set([Math.floor(steps), Math.ceil(steps)])) {
      const count = lead.baseline + times * step;
      if (!(count >= may.min && count <= may.max)) continue;
      const text = decimalText(
        (BigInt(count - lead.baseline) * denominator * 10n ** BigInt(decimals)) / numerator,
        decimals,
      );
      const isNearer = !best || Math.abs(count - wanted) < Math.abs(best.count - wanted);
      if (text.length <= FIELD && isNearer) best = { count, text };
    }
  }
  return best;
}

/** The value to as many digits as the field holds. */
function nearEnd({ gain, baseline }: Lead, count: number): End | undefined {
  const value = (count - baseline) / gain;
  for (let decimals = MAX_DECIMALS; decimals >= 0; decimals--) {
    const text = value.toFixed(decimals);
    if (text.length <= FIELD) return { count, text };
  }
  return undefined;
}

/** The shortest decimal that means this double, as a fraction: what other formats write for it. */
function fractionOf(value: number): { numerator: bigint; denominator: bigint } {
  const [digits, exponent] = value.toExponential().split("e");
  const [whole, fraction = ""] = digits!.split(".");
  const power = Number(exponent) - fraction.length;
  const numerator = BigInt(whole! + fraction);
  return power >= 0
    ? { numerator: numerator * 10n ** BigInt(power), denominator: 1n }
    : { numerator, denominator: 10n ** BigInt(-power) };
}

/** @param scaled the number times 10 to the `decimals` */
function decimalText(scaled: bigint, decimals: number): string {
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${scaled < 0n ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
