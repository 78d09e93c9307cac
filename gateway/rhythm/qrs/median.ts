const sorted = new Float64Array(32);

/** Of the first `count` values, 1 to 32; the lower of two middles. */
export function medianOf(values: Float64Array, count: number): number {
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    let at = i;
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at--;
    }
    sorted[at] = value;
  }
  return sorted[(count - 1) >> 1]!;
}
