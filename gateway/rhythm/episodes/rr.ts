/**
 * What the intervals between beats tell of the rhythm, without a look at the signal: how irregular they are, and in
 * which manner. Fibrillation is irregular from beat to beat and everywhere; ectopy breaks a regular rhythm in few places
 * and in pairs of short and long; breathing changes it slowly.
 */
import { entropyOf, mean, medianIn, medianOf, quantile, share, sortedOf, spread } from "./statistics";

/** A beat that comes so early, as a share of the usual interval, is premature; one so late, delayed. */
export const PREMATURE = 0.87;
export const DELAYED = 1.2;
const LOCAL = 8;

/**
 * @param rr intervals in seconds, in order of time
 * @returns figures by name, always the same names in the same order; NaN where there are too few beats
 */
export function rrFeatures(rr: ArrayLike<number>): Record<string, number> {
  const n = rr.length;
  const all = new Float64Array(rr);
  const sorted = sortedOf(all);
  const usual = quantile(sorted, 0.5);
  const scaled = all.map((interval) => interval / usual);
  const scaledSorted = sorted.map((interval) => interval / usual);
  const change = new Float64Array(Math.max(0, n - 1));
  for (let i = 1; i < n; i++) change[i - 1] = scaled[i]! - scaled[i - 1]!;
  const step = change.map(Math.abs);
  const stepSorted = sortedOf(step);
  const local = localMedians(scaled);
  const kinds = kindsOf(scaled, local);
  const clean = withoutEctopy(scaled, kinds);
  const cleanStep = new Float64Array(clean.steps);
  const cleanSorted = sortedOf(cleanStep);
  const squares = (values: Float64Array) => Math.sqrt(mean(values.map((value) => value * value)));
  const [early, late, pairs, longestFast] = [kinds.early, kinds.late, kinds.pairs, kinds.longestFast];
  const windows = localIrregularity(step);
  const modes = bestCut(scaledSorted);
  return {
    beats: n,
    usual,
    mean: mean(all),
    shortest: n ? sorted[0]! : Number.NaN,
    longest: n ? sorted[n - 1]! : Number.NaN,
    spread: spread(scaled),
    rmssd: squares(change),
    q05: quantile(scaledSorted, 0.05),
    q25: quantile(scaledSorted, 0.25),
    q75: quantile(scaledSorted, 0.75),
    q95: quantile(scaledSorted, 0.95),
    stepQ25: quantile(stepSorted, 0.25),
    stepMedian: quantile(stepSorted, 0.5),
    stepQ75: quantile(stepSorted, 0.75),
    stepQ90: quantile(stepSorted, 0.9),
    // As shares of the usual interval: regular up to the first, wild from the last.
    "stepsOver0.02": shareOver(step, 0.02),
    "stepsOver0.05": shareOver(step, 0.05),
    "stepsOver0.1": shareOver(step, 0.1),
    "stepsOver0.2": shareOver(step, 0.2),
    "stepsOver0.35": shareOver(step, 0.35),
    stepsOver50ms: share(step, (s) => s * usual > 0.05),
    turning: turningPoints(scaled),
    alternation: autocorrelation(change, 1),
    lag1: autocorrelation(scaled, 1),
    lag2: autocorrelation(scaled, 2),
    lag3: autocorrelation(scaled, 3),
    slowness: slowness(scaled),
    entropy: entropyOf(scaled, 0.06),
    stepEntropy: entropyOf(change, 0.06),
    planeEntropy: planeEntropy(scaled, 0.08),
    sampleEntropy1: sampleEntropy(scaled, 1, 0.05),
    sampleEntropy2: sampleEntropy(scaled, 2, 0.1),
    coefficient: coefficientOfEntropy(all),
    words: wordEntropy(scaled),
    early: early / n,
    late: late / n,
    pairs: pairs / Math.max(1, early),
    earlyCount: early,
    longestFast,
    longestRegular: longestRun(step, 0.06) / n,
    longestWild: longestRun(
      step.map((s) => -s),
      -0.06,
    ),
    cleanShare: clean.kept / n,
    cleanSpread: spread(new Float64Array(clean.values)),
    cleanRmssd: squares(cleanStep),
    cleanStepMedian: quantile(cleanSorted, 0.5),
    cleanStepQ75: quantile(cleanSorted, 0.75),
    twoModes: modes.left,
    twoModesApart: modes.apart,
    localLeast: windows.least,
    localMost: windows.most,
    localMean: windows.mean,
    fastest: extremeMean(all, 5, Math.min),
    slowest: extremeMean(all, 5, Math.max),
    lorenz: lorenzEvidence(change),
    lorenzOrigin: share2(change, (a, b) => Math.abs(a) < 0.04 && Math.abs(b) < 0.04),
    lorenzEctopy: share2(change, (a, b) => a < -0.1 && b > 0.1),
    lorenzRun: share2(change, (a, b) => Math.abs(a + b) < 0.06 && Math.abs(a) > 0.1),
    skew: skewness(scaled),
  };
}

function shareOver(values: Float64Array, limit: number): number {
  let count = 0;
  for (const value of values) if (value > limit) count++;
  return count / values.length;
}

/** Median of the nine intervals around each. */
function localMedians(values: Float64Array): Float64Array {
  const medians = new Float64Array(values.length);
  let from = -1;
  let median = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    // At both ends several have the same neighbours.
    const first = Math.max(0, Math.min(i - 4, values.length - 9));
    if (first !== from) median = medianIn(values, first, Math.min(first + 9, values.length));
    from = first;
    medians[i] = median;
  }
  return medians;
}

interface Kinds {
  /** -1 premature, 1 delayed, 0 neither, per interval. */
  kind: Int8Array;
  early: number;
  late: number;
  /** Premature intervals with a delayed one right behind. */
  pairs: number;
  longestFast: number;
}

function kindsOf(values: Float64Array, local: Float64Array): Kinds {
  const kind = Int8Array.from(values, (value, i) =>
    value < PREMATURE * local[i]! ? -1 : value > DELAYED * local[i]! ? 1 : 0,
  );
  const found: Kinds = { kind, early: 0, late: 0, pairs: 0, longestFast: 0 };
  let run = 0;
  for (let i = 0; i < kind.length; i++) {
    if (kind[i]! < 0) found.early++;
    if (kind[i]! > 0) found.late++;
    if (kind[i]! < 0 && (kind[i + 1] ?? 0) > 0) found.pairs++;
    run = kind[i]! < 0 ? run + 1 : 0;
    found.longestFast = Math.max(found.longestFast, run);
  }
  return found;
}

/** Intervals that neither are premature nor follow such a one, and the steps between those that are neighbours. */
function withoutEctopy(values: Float64Array, { kind }: Kinds) {
  const steps: number[] = [];
  const kept: number[] = [];
  let before = false;
  for (let i = 0; i < values.length; i++) {
    const good = kind[i] === 0 && (kind[i - 1] ?? 0) >= 0;
    if (good) kept.push(values[i]!);
    if (good && before) steps.push(Math.abs(values[i]! - values[i - 1]!));
    before = good;
  }
  return { steps, values: kept, kept: kept.length };
}

/** Share of inner intervals that are higher or lower than both neighbours; 2/3 for a random series. */
function turningPoints(values: Float64Array): number {
  let turns = 0;
  for (let i = 1; i + 1 < values.length; i++)
    if ((values[i]! - values[i - 1]!) * (values[i + 1]! - values[i]!) < 0) turns++;
  return values.length < 3 ? Number.NaN : turns / (values.length - 2);
}

function autocorrelation(values: Float64Array, lag: number): number {
  const m = mean(values);
  let cross = 0;
  let own = 0;
  for (let i = 0; i < values.length; i++) {
    own += (values[i]! - m) ** 2;
    if (i >= lag) cross += (values[i]! - m) * (values[i - lag]! - m);
  }
  return values.length <= lag + 1 || own === 0 ? Number.NaN : cross / own;
}

/** Variance of means of three over variance: 1 for what changes slowly, 1/3 for what is random. */
function slowness(values: Float64Array): number {
  if (values.length < 6) return Number.NaN;
  const smooth = new Float64Array(values.length - 2);
  for (let i = 0; i < smooth.length; i++) smooth[i] = (values[i]! + values[i + 1]! + values[i + 2]!) / 3;
  return (spread(smooth) / spread(values)) ** 2;
}

/** Of pairs of successive intervals in a grid: fibrillation fills the plane. */
function planeEntropy(values: Float64Array, width: number): number {
  const cells = new Map<number, number>();
  for (let i = 1; i < values.length; i++) {
    const key = Math.round(values[i - 1]! / width) * 1000 + Math.round(values[i]! / width);
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  let sum = 0;
  const pairs = values.length - 1;
  for (const count of cells.values()) sum -= (count / pairs) * Math.log(count / pairs);
  return pairs < 2 ? Number.NaN : sum / Math.log(pairs);
}

function matches(values: Float64Array, m: number, r: number): { short: number; long: number } {
  let short = 0;
  let long = 0;
  const n = values.length;
  // Pairs at one distance, one after the other: how many in a row have matched so far.
  for (let apart = 1; apart + m < n; apart++) {
    let run = 0;
    for (let i = 0; i + apart < n; i++) {
      const alike = Math.abs(values[i]! - values[i + apart]!) <= r;
      if (run >= m) {
        short++;
        if (alike) long++;
      }
      run = alike ? run + 1 : 0;
    }
  }
  return { short, long };
}

/** Richman and Moorman 2000; one added to both counts, so that short series have an answer. */
function sampleEntropy(values: Float64Array, m: number, r: number): number {
  const { short, long } = matches(values, m, r);
  return values.length < m + 3 ? Number.NaN : Math.log((short + 1) / (long + 1));
}

/** CoSEn (Lake and Moorman 2011): the tolerance grows until there are matches, then is taken out again. */
function coefficientOfEntropy(seconds: Float64Array): number {
  if (seconds.length < 5) return Number.NaN;
  let r = 0.03;
  let found = matches(seconds, 1, r);
  while (found.long < 5 && r < 0.3) {
    r *= 1.3;
    found = matches(seconds, 1, r);
  }
  return Math.log((found.short + 1) / (found.long + 1)) + Math.log(2 * r) - Math.log(mean(seconds));
}

/** Entropy of words of three steps, each shorter, like or longer. */
function wordEntropy(values: Float64Array): number {
  const symbol = (i: number) => {
    const step = values[i]! - values[i - 1]!;
    return step < -0.05 ? 0 : step > 0.05 ? 2 : 1;
  };
  const counts = new Float64Array(27);
  for (let i = 3; i < values.length; i++) counts[symbol(i) * 9 + symbol(i - 1) * 3 + symbol(i - 2)]!++;
  const words = Math.max(0, values.length - 3);
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / words) * Math.log(count / words);
  return words < 2 ? Number.NaN : sum;
}

function longestRun(steps: Float64Array, limit: number): number {
  let run = 0;
  let longest = 0;
  for (const value of steps) {
    run = value <= limit ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** The best cut of sorted intervals in two groups: what is left of their variance, and the groups' distance. */
function bestCut(sorted: Float64Array): { left: number; apart: number } {
  const n = sorted.length;
  if (n < 6) return { left: Number.NaN, apart: Number.NaN };
  let total = 0;
  let totalSquares = 0;
  for (const value of sorted) {
    total += value;
    totalSquares += value * value;
  }
  const whole = totalSquares - (total * total) / n;
  const best = { left: 1, apart: 0 };
  let sum = 0;
  for (let i = 1; i < n; i++) {
    sum += sorted[i - 1]!;
    const between = (sum * sum) / i + (total - sum) ** 2 / (n - i) - (total * total) / n;
    const left = whole > 0 ? 1 - between / whole : 1;
    if (!(left < best.left)) continue;
    best.left = left;
    best.apart = (total - sum) / (n - i) - sum / i;
  }
  return best;
}

/** Median step in windows of eight: the calmest, the wildest and the mean of all. */
function localIrregularity(step: Float64Array) {
  const medians: number[] = [];
  for (let i = 0; i + LOCAL <= step.length; i += 2) medians.push(medianIn(step, i, i + LOCAL));
  if (medians.length === 0) medians.push(medianOf(step));
  return { least: Math.min(...medians), most: Math.max(...medians), mean: mean(medians) };
}

function extremeMean(values: Float64Array, width: number, choose: (a: number, b: number) => number): number {
  if (values.length < width) return mean(values);
  let extreme = Number.NaN;
  for (let i = 0; i + width <= values.length; i++) {
    let sum = 0;
    for (let k = i; k < i + width; k++) sum += values[k]!;
    extreme = i === 0 ? sum / width : choose(extreme, sum / width);
  }
  return extreme;
}

/** After Sarkar 2008: cells of the plane of successive changes that are filled outside the origin, less its content. */
function lorenzEvidence(change: Float64Array): number {
  const cells = new Set<number>();
  let origin = 0;
  for (let i = 1; i < change.length; i++) {
    const a = Math.round(change[i - 1]! / 0.05);
    const b = Math.round(change[i]! / 0.05);
    if (a === 0 && b === 0) origin++;
    else cells.add((a + 40) * 1000 + b);
  }
  return change.length < 3 ? Number.NaN : (cells.size - 2 * origin) / (change.length - 1);
}

function share2(change: Float64Array, holds: (a: number, b: number) => boolean): number {
  let count = 0;
  for (let i = 1; i < change.length; i++) if (holds(change[i - 1]!, change[i]!)) count++;
  return change.length < 2 ? Number.NaN : count / (change.length - 1);
}

function skewness(values: Float64Array): number {
  const s = spread(values);
  const m = mean(values);
  return s > 0 ? mean(values.map((value) => ((value - m) / s) ** 3)) : 0;
}
