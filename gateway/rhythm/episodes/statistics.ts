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
  if (sorted.length > FEW || !insert(values, 0, sorted.length, sorted)) return sorted.sort();
  return sorted;
}

/** Sorts `count` values from `from` on into an array. @returns false at a NaN, which has no place in an order */
function insert(values: ArrayLike<number>, from: number, count: number, into: Float64Array): boolean {
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    if (Number.isNaN(value)) return false;
    let at = i;
    while (at > 0 && into[at - 1]! > value) {
      into[at] = into[at - 1]!;
      at--;
    }
    into[at] = value;
  }
  return true;
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
  return medianIn(values, 0, values.length);
}

const few = new Float64Array(FEW);

/** Of the values `from` up to, not including, `to`. */
export function medianIn(values: ArrayLike<number>, from: number, to: number): number {
  const count = to - from;
  if (count <= 0) return Number.NaN;
  // Nothing is allocated for a few: medians of neighbours are taken by the hundred.
  if (count > FEW || !insert(values, from, count, few)) {
    const sorted = new Float64Array(count);
    for (let i = 0; i < count; i++) sorted[i] = values[from + i]!;
    return quantile(sorted.sort(), 0.5);
  }
  const half = (count - 1) >> 1;
  return few[half]! + (count % 2 ? 0 : 0.5) * (few[Math.min(half + 1, count - 1)]! - few[half]!);
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
