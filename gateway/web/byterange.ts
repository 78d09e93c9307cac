/** The Range header of RFC 9110, section 14: one range of bytes; whatever else is asked gets the whole. */

export interface ByteRange {
  from: number;
  /** Behind the last one. */
  to: number;
}

/** @returns undefined for the whole */
export function rangeOf(header: string | undefined, length: number): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const count = Math.min(Number(last), length);
    return count === 0 ? "unsatisfiable" : { from: length - count, to: length };
  }
  if (last !== "" && Number(last) < Number(first)) return undefined;
  if (Number(first) >= length) return "unsatisfiable";
  return { from: Number(first), to: last === "" ? length : Math.min(length, Number(last) + 1) };
}
