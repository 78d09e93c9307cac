/**
 * How good a lead's signal is, second by second. What cannot be analysed is said to be so, by a reason; it is never
 * made into a finding. The limits are ours: what the beat detector was seen to bear, not a standard's.
 */
import { select } from "./select";
import { isCount, requireSound, restore, type Saved, saved } from "./state";

/** Why a second is less than good. `leadOff` and `flat` say that no heart was measured at all. */
export type Problem = "leadOff" | "saturated" | "flat" | "mains" | "baseline" | "muscle";

export interface LeadSettings {
  /** Samples per second, 100 to 1,000. */
  rate: number;
  /** Counts per millivolt; 0 (not calibrated) is taken for 200, as WFDB does. */
  gain: number;
  /** The front end's lowest and highest value, where they are known. */
  rails?: { low: number; high: number };
}

export interface SecondQuality {
  /** Samples `from` up to, not including, `to`. */
  from: number;
  to: number;
  analysable: boolean;
  /** All that is wrong, also where it is still analysable. */
  problems: Problem[];
  /** The stronger of 50 and 60 Hz, by its amplitude; 0 Hz where the rate is too low to tell. */
  mainsHz: 0 | 50 | 60;
  mainsMillivolts: number;
  /** From the lowest to the highest quarter of a second, on average over each. */
  baselineMillivolts: number;
  /** Root mean square of what is fast, between the complexes. */
  muscleMillivolts: number;
}

/** Shares of a second. */
const OFF_SHARE = 0.5;
const SATURATED_SHARE = 0.02;
const HUMS = [50, 60] as const;
/** Millivolts from which a disturbance is named, and from which nothing can be read; hum is told up to that share of the rate. */
const MAINS = { named: 0.1, unreadable: 2, within: 0.48 };
const BASELINE = { named: 0.5, unreadable: 3 };
const MUSCLE = { named: 0.05, unreadable: 0.3 };
/** Median of |second difference| of white noise with a standard deviation of 1: 0.6745 · √6. */
const WHITE = 1.6522;
const QUARTERS = 4;
/** From its lowest to its highest value: no electrode on a skin is so quiet for a second. */
const STILL_MILLIVOLTS = 0.004;

interface State {
  /** Sample number of the second's first sample; the number of whole seconds since `origin`. */
  origin: number;
  seconds: number;
  filled: number;
  values: Float64Array;
  /** The newest value, and how many of it came in a row, also across seconds. */
  newest: number;
  same: number;
}

export class QualityMeter {
  private readonly millivolts: number;
  private readonly scratch: Float64Array;
  private readonly bends: Float64Array;
  private readonly hums: Hum[];
  private readonly state: State;

  constructor(
    private readonly settings: LeadSettings,
    resumed?: Saved,
  ) {
    const { rate, gain } = settings;
    if (!(rate >= 100 && rate <= 1000))
      throw new RangeError(`cannot judge a signal at ${rate} Hz: 100 to 1,000`);
    this.millivolts = 1 / (Math.abs(gain) || 200);
    const most = Math.ceil(rate) + 1;
    this.scratch = new Float64Array(most);
    this.bends = new Float64Array(most);
    this.hums = HUMS.filter((hertz) => hertz <= MAINS.within * rate).map((hertz) => humOf(hertz, rate, most));
    this.state = { origin: 0, seconds: 0, filled: 0, values: new Float64Array(most), newest: 0, same: 0 };
    if (!resumed) return;
    restore(this.state, resumed, "judging a signal");
    const { origin, seconds, filled, same } = this.state;
    requireSound("judging a signal", {
      seconds: isCount(origin) && isCount(seconds) && isCount(same),
      filled: isCount(filled, this.edge(seconds + 1) - this.edge(seconds) - 1),
      next: resumed.next === this.next(),
    });
  }

  /** Takes the next samples. @returns the seconds that they complete */
  push(block: ArrayLike<number>): SecondQuality[] {
    const done: SecondQuality[] = [];
    const { state } = this;
    for (let at = 0; at < block.length; ) {
      const whole = this.edge(state.seconds + 1) - this.edge(state.seconds);
      const to = Math.min(block.length, at + whole - state.filled);
      while (at < to) state.values[state.filled++] = block[at++]!;
      if (state.filled === whole) {
        done.push(this.judge());
        state.seconds++;
        state.filled = 0;
      }
    }
    return done;
  }

  /** Samples are missing: an unfinished second is not judged, and seconds are counted from behind the gap. */
  gap(samples: number): void {
    const { state } = this;
    state.origin += this.edge(state.seconds) + state.filled + samples;
    state.seconds = 0;
    state.filled = 0;
    state.same = 0;
  }

  /** All that it knows; a meter of the same settings goes on from it. */
  save(): Saved {
    return { ...saved(this.state), next: this.next() };
  }

  private next(): number {
    return this.state.origin + this.edge(this.state.seconds) + this.state.filled;
  }

  /** Samples from the origin to the begin of a second: rates need not be whole. */
  private edge(second: number): number {
    return Math.round(second * this.settings.rate);
  }

  private judge(): SecondQuality {
    const { state, settings, scratch, millivolts } = this;
    const { values, filled } = state;
    const from = state.origin + this.edge(state.seconds);
    let low = 0;
    let high = 0;
    let least = values[0]!;
    let most = values[0]!;
    let { newest, same } = state;
    let longest = 0;
    for (let i = 0; i < filled; i++) {
      const value = values[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
      same = value === newest ? same + 1 : 1;
      newest = value;
      if (same > longest) longest = same;
      if (settings.rails && value <= settings.rails.low) low++;
      if (settings.rails && value >= settings.rails.high) high++;
      scratch[i] = value * millivolts;
    }
    const mains = removeMains(scratch, filled, this.hums, this.bends);
    const baselineMillivolts = swing(scratch, filled);
    const muscleMillivolts = fastNoise(
      scratch,
      filled,
      mains.millivolts < MAINS.named ? this.bends : undefined,
    );
    const problems: Problem[] = [];
    const railed = Math.max(low, high) / filled;
    Object.assign(state, { newest, same });
    // What stood still for a second, wherever that began, or moves no more than a converter at rest.
    const flat = longest >= Math.floor(settings.rate) || (most - least) * millivolts < STILL_MILLIVOLTS;
    if (railed >= OFF_SHARE) problems.push("leadOff");
    else if ((low + high) / filled >= SATURATED_SHARE) problems.push("saturated");
    if (flat && railed < OFF_SHARE) problems.push("flat");
    if (mains.millivolts >= MAINS.named) problems.push("mains");
    if (baselineMillivolts >= BASELINE.named) problems.push("baseline");
    if (muscleMillivolts >= MUSCLE.named) problems.push("muscle");
    const analysable =
      !flat &&
      (low + high) / filled < SATURATED_SHARE &&
      mains.millivolts < MAINS.unreadable &&
      baselineMillivolts < BASELINE.unreadable &&
      muscleMillivolts < MUSCLE.unreadable;
    return {
      from,
      to: from + filled,
      analysable,
      problems,
      mainsHz: mains.hertz,
      mainsMillivolts: mains.millivolts,
      baselineMillivolts,
      muscleMillivolts,
    };
  }
}

/** A hum's turns from sample to sample, and how much second differences weaken or strengthen it. */
interface Hum {
  hertz: 50 | 60;
  gain: number;
  cosines: Float64Array;
  sines: Float64Array;
}

function humOf(hertz: 50 | 60, rate: number, most: number): Hum {
  const turn = (2 * Math.PI * hertz) / rate;
  const turned = (of: (angle: number) => number) =>
    Float64Array.from({ length: most }, (_, i) => of(turn * i));
  return { hertz, gain: 4 * Math.sin(turn / 2) ** 2, cosines: turned(Math.cos), sines: turned(Math.sin) };
}

/** Takes the sine that fits best at 50 or 60 Hz, whichever is stronger, out of a second of signal. */
function removeMains(
  signal: Float64Array,
  count: number,
  hums: Hum[],
  bends: Float64Array,
): { hertz: 0 | 50 | 60; millivolts: number } {
  let best: Hum | undefined;
  let millivolts = 0;
  let bestCos = 0;
  let bestSin = 0;
  // The second difference before the sums: drift and complexes weigh little then; its gain is known.
  for (let i = 1; i < count - 1; i++) bends[i] = 2 * signal[i]! - signal[i - 1]! - signal[i + 1]!;
  for (const hum of hums) {
    const { cosines, sines } = hum;
    let cos = 0;
    let sin = 0;
    for (let i = 1; i < count - 1; i++) {
      const bent = bends[i]!;
      cos += bent * cosines[i]!;
      sin += bent * sines[i]!;
    }
    const scale = 2 / (count - 2) / hum.gain;
    const height = scale * Math.hypot(cos, sin);
    if (best && height <= millivolts) continue;
    best = hum;
    millivolts = height;
    bestCos = cos * scale;
    bestSin = sin * scale;
  }
  if (!best) return { hertz: 0, millivolts: 0 };
  // What is not named stays: a complex's own share of 50 Hz is no hum.
  if (millivolts >= MAINS.named)
    for (let i = 0; i < count; i++) signal[i]! -= bestCos * best.cosines[i]! + bestSin * best.sines[i]!;
  return { hertz: best.hertz, millivolts };
}

function swing(signal: Float64Array, count: number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    const from = Math.round((quarter * count) / QUARTERS);
    const to = Math.round(((quarter + 1) * count) / QUARTERS);
    let sum = 0;
    for (let i = from; i < to; i++) sum += signal[i]!;
    least = Math.min(least, sum / (to - from));
    most = Math.max(most, sum / (to - from));
  }
  return most - least;
}

/**
 * From the median of second differences: complexes take a small part of a second and do not move it. Spoils `signal`.
 * @param bends its second differences, where they are known
 */
function fastNoise(signal: Float64Array, count: number, bends: Float64Array | undefined): number {
  if (bends) for (let i = 0; i < count - 2; i++) signal[i] = Math.abs(bends[i + 1]!);
  else
    for (let i = 0; i < count - 2; i++)
      signal[i] = Math.abs(2 * signal[i + 1]! - signal[i]! - signal[i + 2]!);
  return select(signal.subarray(0, count - 2), (count - 2) >> 1) / WHITE;
}
