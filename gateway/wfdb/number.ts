const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const MAX_EXPONENT = 300;

/** A fraction in lowest terms; both parts are safe integers, `den` > 0. */
export interface Rational {
  num: number;
  den: number;
}

/** Reads what scanf(3) takes as a decimal floating-point number; undefined for anything else, infinity included. */
export function parseDecimal(text: string): number | undefined {
  const match = DECIMAL.exec(text);
  if (match === null || (match[2] === "" && (match[3] ?? "") === "")) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Reads a decimal integer of magnitude ≤ 2^53 - 1; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  // The addition turns -0 into 0.
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

/** The exact value of a decimal text, undefined where it is no number or does not fit safe integers. */
export function parseRational(text: string): Rational | undefined {
  const match = DECIMAL.exec(text);
  if (match === null || parseDecimal(text) === undefined) return undefined;
  const exponent = Number(match[4] ?? 0) - (match[3] ?? "").length;
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  let num = BigInt(match[2] + (match[3] ?? ""));
  let den = 1n;
  if (exponent > 0) num *= 10n ** BigInt(exponent);
  else den = 10n ** BigInt(-exponent);
  const divisor = greatestCommonDivisor(num, den);
  const reduced = { num: Number(num / divisor), den: Number(den / divisor) };
  if (match[1] === "-") reduced.num = 0 - reduced.num;
  return Number.isSafeInteger(reduced.num) && Number.isSafeInteger(reduced.den) ? reduced : undefined;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
