/**
 * A peer for our beat detector: Pan and Tompkins, "A real-time QRS detection algorithm", IEEE Trans Biomed Eng 32(3),
 * 1985, doi:10.1109/TBME.1985.325532, written from the paper: its integer filters at 200 Hz, both sets of thresholds,
 * search back, refractory time and T wave rule. What the paper leaves open is ours: thresholds begin at a third of the
 * highest and half of the mean of the first two seconds; a peak is the highest value within 150 ms on each side.
 */
import { WAVE_RATE, wavesOf } from "../../gateway/rhythm/episodes/signal";

/** The paper's rate is ours for waves. */
const at200Hz = (seconds: number) => Math.round(seconds * WAVE_RATE);
const LEARN = at200Hz(2);
const REFRACTORY = at200Hz(0.2);
const T_WAVE = at200Hz(0.36);
const INTEGRATED = 30;
const PEAK_HALF = at200Hz(0.15);
/** From the integrated peak back to where its complex is in the filtered signal, and what that lags. */
const BACK = 45;
const LAG = 5 + 16;
const INTERVALS = 8;
const REGULAR = { least: 0.92, most: 1.16, missed: 1.66 };

interface Peak {
  at: number;
  integrated: number;
  filtered: number;
  steepest: number;
  /** Of the filtered signal. */
  top: number;
}

/** Level of signal and of noise; a threshold a quarter of the way. */
class Level {
  constructor(
    private signal: number,
    private noise: number,
  ) {}

  get first(): number {
    return this.noise + 0.25 * (this.signal - this.noise);
  }

  isSignal(peak: number, share: number): void {
    this.signal += share * (peak - this.signal);
  }

  isNoise(peak: number): void {
    this.noise += 0.125 * (peak - this.noise);
  }
}

/** @returns sample numbers of the beats @param gain counts per millivolt; 0 is taken for 200 */
export function panTompkins(samples: Int32Array, rate: number, gain: number): number[] {
  const { filtered, slope, integrated } = filter(wavesOf(samples, rate, gain));
  const levels = {
    integrated: begin(integrated, (value) => value),
    filtered: begin(filtered, Math.abs),
  };
  const beats: Peak[] = [];
  const rejected: Peak[] = [];
  const usual: number[] = [];
  const accept = (peak: Peak, share: number) => {
    levels.integrated.isSignal(peak.integrated, share);
    levels.filtered.isSignal(peak.filtered, share);
    const last = beats.at(-1);
    if (last) {
      const interval = peak.at - last.at;
      const mean = meanOf(usual);
      if (usual.length < INTERVALS || isRegular(interval, mean)) usual.push(interval);
      if (usual.length > INTERVALS) usual.shift();
    }
    beats.push(peak);
    rejected.length = 0;
  };
  for (const peak of peaksOf(integrated, filtered, slope)) {
    let last = beats.at(-1);
    if (last && usual.length > 0 && peak.at - last.at > REGULAR.missed * meanOf(usual)) {
      const missed = rejected
        .filter(
          (each) =>
            each.at - last!.at > REFRACTORY &&
            each.integrated > 0.5 * levels.integrated.first &&
            each.filtered > 0.5 * levels.filtered.first,
        )
        .sort((a, b) => b.integrated - a.integrated)[0];
      if (missed) accept(missed, 0.25);
      last = beats.at(-1);
    }
    if (last && peak.at - last.at <= REFRACTORY) continue;
    const interval = last ? peak.at - last.at : 0;
    const share = usual.length === INTERVALS && !isRegular(interval, meanOf(usual)) ? 0.5 : 1;
    const isBeat =
      peak.integrated > share * levels.integrated.first &&
      peak.filtered > share * levels.filtered.first &&
      !(last && interval < T_WAVE && peak.steepest < 0.5 * last.steepest);
    if (isBeat) {
      accept(peak, 0.125);
      continue;
    }
    levels.integrated.isNoise(peak.integrated);
    levels.filtered.isNoise(peak.filtered);
    rejected.push(peak);
  }
  return beats
    .map(({ top }) => Math.round(((top - LAG) * rate) / WAVE_RATE))
    .filter((sample) => sample >= 0 && sample < samples.length)
    .sort((a, b) => a - b);
}

const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isRegular = (interval: number, mean: number) =>
  interval > REGULAR.least * mean && interval < REGULAR.most * mean;

function begin(values: Float64Array, size: (value: number) => number): Level {
  const first = Array.from(values.subarray(0, LEARN), size);
  return new Level(Math.max(...first) / 3, meanOf(first) / 2);
}

function filter(x: Float64Array) {
  const n = x.length;
  const low = new Float64Array(n);
  const filtered = new Float64Array(n);
  const slope = new Float64Array(n);
  const integrated = new Float64Array(n);
  const before = (values: Float64Array, i: number) => values[Math.max(0, i)]!;
  // As though the signal had always been what it is first.
  low.fill(36 * (x[0] ?? 0));
  let sum = 32 * (low[0] ?? 0);
  let energy = 0;
  for (let i = 2; i < n; i++) {
    low[i] = 2 * low[i - 1]! - low[i - 2]! + x[i]! - 2 * before(x, i - 6) + before(x, i - 12);
    sum += low[i]! - before(low, i - 32);
    filtered[i] = (before(low, i - 16) - sum / 32) / 36;
    slope[i] =
      (2 * filtered[i]! + before(filtered, i - 1) - before(filtered, i - 3) - 2 * before(filtered, i - 4)) /
      8;
    energy += slope[i]! ** 2 - (i >= INTEGRATED ? slope[i - INTEGRATED]! ** 2 : 0);
    integrated[i] = energy / INTEGRATED;
  }
  return { filtered, slope, integrated };
}

function* peaksOf(integrated: Float64Array, filtered: Float64Array, slope: Float64Array): Generator<Peak> {
  for (let at = 1; at < integrated.length; at++) {
    const value = integrated[at]!;
    let isPeak = value > 0;
    for (let k = 1; k <= PEAK_HALF && isPeak; k++)
      isPeak = !(integrated[at - k]! >= value || integrated[at + k]! > value);
    if (!isPeak) continue;
    const peak: Peak = { at, integrated: value, filtered: 0, steepest: 0, top: at };
    for (let i = Math.max(0, at - BACK); i <= at; i++) {
      if (Math.abs(slope[i]!) > peak.steepest) peak.steepest = Math.abs(slope[i]!);
      if (Math.abs(filtered[i]!) <= peak.filtered) continue;
      peak.filtered = Math.abs(filtered[i]!);
      peak.top = i;
    }
    yield peak;
  }
}
