/** Figures of small samples. NaN where there is nothing to take them of. */

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation, of the sample as the whole. */
export function spread(values: ArrayLike<number>): number {
  const m = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const out = values[i]! - m;
    sum += out * out;
  }
  return Math.sqrt(sum / values.length);
}

/** Up to so many values are sorted by inserting: less than what a call of sort() costs. */
const FEW = 48;

/** NaN last. */
export function sortedOf(values: ArrayLike<number>): Float64Array {
  const sorted = new Float64Array(values);
  if (sorted.length > FEW) return sorted.sort();
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i]!;
    if (Number.isNaN(value)) return sorted.sort();
    let at = i;
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at--;
    }
    sorted[at] = value;
  }
  return sorted;
}

/** Between the two nearest ranks in proportion. @param at 0 to 1 */
export function quantile(sorted: ArrayLike<number>, at: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = at * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!);
}

export function medianOf(values: ArrayLike<number>): number {
  return quantile(sortedOf(values), 0.5);
}

export function share(values: ArrayLike<number>, holds: (value: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (holds(values[i]!)) count++;
  return count / values.length;
}

/** Shannon's, of a histogram with bins of that width, as a share of the most that so many values can have. */
export function entropyOf(values: ArrayLike<number>, width: number): number {
  const bins = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const bin = Math.round(values[i]! / width);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  let sum = 0;
  for (const count of bins.values()) sum -= (count / values.length) * Math.log(count / values.length);
  return values.length < 2 ? Number.NaN : sum / Math.log(values.length);
}

/** Pearson's, of two equally long pieces; 0 where one does not change. */
export function correlation(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  count: number,
): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const x = a[fromA + i]!;
    const y = b[fromB + i]!;
    sumA += x;
    sumB += y;
    sumAA += x * x;
    sumBB += y * y;
    sumAB += x * y;
  }
  const own = (sumAA - (sumA * sumA) / count) * (sumBB - (sumB * sumB) / count);
  return own > 1e-18 ? (sumAB - (sumA * sumB) / count) / Math.sqrt(own) : 0;
}
