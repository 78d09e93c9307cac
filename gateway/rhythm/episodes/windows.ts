/**
 * Cuts one lead as it arrives into windows and measures each once what surrounds it is known. The same samples give the
 * same windows however they are cut into blocks.
 */

import type { SecondQuality } from "../quality";
import { PIECE, resample, roomFor } from "../resample";
import type { Span } from "../score/beats";
import { isCount, requireSound, restore, restoredList, type Saved, saved } from "../state";
import type { Beat, BeatClass } from "../types";
import { type Form, formOf } from "./form";
import { CONTEXT, fibrillationByIntervals, irregularityOf, LONGEST_INTERVAL } from "./irregularity";
import { WAVE_RATE, waveSamples } from "./signal";
import { medianOf } from "./statistics";
import { shapedOf } from "./waves";
import { allFeatures, irregularityIn, readable } from "./window";

export const WINDOW_SECONDS = 30;
/** So much signal may lie between a beat and the call that brings it: more than a classifier's delay and a block. */
export const SETTLE_SECONDS = 10;
/** From a window's end to its answer. */
export const WINDOW_DELAY_SECONDS = CONTEXT.behind + SETTLE_SECONDS;

const WINDOW = waveSamples(WINDOW_SECONDS);
const WAIT = waveSamples(WINDOW_DELAY_SECONDS);
const RING = WINDOW + WAIT + WAVE_RATE;
const CLASSES: BeatClass[] = ["N", "S", "V", "F", "Q"];

/** Wave samples of a piece: a lead has at least 100 a second. */
const fresh = roomFor(WAVE_RATE / 100);

export const isVentricular = ({ class: kind }: Beat) => kind === "V" || kind === "F";

/** Whether the intervals on both sides tell nothing of the atria. In noise, what was found may be no beat. */
const provokes = (beat: Beat) => isVentricular(beat) || beat.class === "Q";

export interface MeasuredWindow {
  /** Samples `from` up to, not including, `to`. */
  from: number;
  to: number;
  /** From `seen` on: where a signal's end cuts a window short, what lies before it is measured, too. */
  seen: number;
  /** From `seen` to the window's end. */
  seconds: number;
  beats: Beat[];
  /** Those of its context, too. */
  around: Beat[];
  /** In millivolts at {@link WAVE_RATE}, from sample `seen` up to `known`, which lies in its context. */
  waves: Float64Array;
  known: number;
  /** Place of a sample in `waves`. */
  waveOf: (sample: number) => number;
  /** The seconds up to `known` that were not analysable, a pause's length before `from` included. */
  bad: Span[];
  /** Share of the window that was. */
  analysable: number;
  /** Features of its intervals, of rrFeatures, and the probability of fibrillation by them. */
  intervals: Record<string, number>;
  intervalsAf: number;
  /** Median correlation of its complexes with the usual one; NaN where there is none. */
  likeness: number;
  /** All that the models are given, of windowFeatures: measured when it is asked for, being most of the work. */
  features: () => Record<string, number>;
  form: Form;
  /**
   * Probability of fibrillation by the intervals that no beat begins or ends which is ventricular or cannot be classed;
   * undefined without such beats.
   */
  unprovoked: number | undefined;
}

export interface WindowSettings {
  /** Samples per second, 100 to 1,000. */
  rate: number;
  /** Counts per millivolt; 0 (not calibrated) is taken for 200. */
  gain: number;
}

interface State {
  /** Sample number of the first sample since the last gap, and of the next. */
  origin: number;
  next: number;
  filled: number;
  sum: number;
  /** Wave samples since the origin, the newest in a ring. */
  made: number;
  windows: number;
  waves: Float64Array;
}

export class WindowCutter {
  private readonly scale: number;
  private readonly step: number;
  private state: State;
  private beats: Beat[] = [];
  /** The seconds that were not analysable. */
  private bad: Span[] = [];

  constructor(
    private readonly settings: WindowSettings,
    resumed?: Saved,
  ) {
    const { rate, gain } = settings;
    if (!(rate >= 100 && rate <= 1000))
      throw new RangeError(`cannot follow a rhythm at ${rate} Hz: 100 to 1,000`);
    this.scale = 1 / (Math.abs(gain) || 200);
    this.step = WAVE_RATE / rate;
    this.state = newState(0);
    if (resumed) this.resume(resumed);
  }

  /**
   * @param block the next samples
   * @param beats final ones that were not given yet, ascending, at most {@link SETTLE_SECONDS} late
   * @param quality of seconds that ended and were not given yet
   */
  push(block: ArrayLike<number>, beats: Beat[], quality: SecondQuality[]): MeasuredWindow[] {
    this.note(beats, quality);
    const done: MeasuredWindow[] = [];
    const { state } = this;
    for (let at = 0; at < block.length; at += PIECE) {
      const to = Math.min(block.length, at + PIECE);
      const made = resample(state, block, at, to, this.scale, this.step, fresh);
      state.next += to - at;
      for (let k = 0; k < made; k++) {
        state.waves[state.made++ % RING] = fresh[k]!;
        if (state.made === (state.windows + 1) * WINDOW + WAIT) done.push(this.measure());
      }
    }
    return done;
  }

  /** Samples are missing. @param beats the last before them @returns the windows that were still open */
  gap(samples: number, beats: Beat[], quality: SecondQuality[]): MeasuredWindow[] {
    const done = this.end(beats, quality);
    this.state = newState(this.state.next + samples);
    this.beats = [];
    this.bad = [];
    return done;
  }

  /** The signal ends here. @returns the windows that were still open, the last of them as long as it is */
  end(beats: Beat[], quality: SecondQuality[]): MeasuredWindow[] {
    this.note(beats, quality);
    const done: MeasuredWindow[] = [];
    while (this.state.made > this.state.windows * WINDOW) done.push(this.measure());
    return done;
  }

  /** All that it knows; a cutter of the same settings goes on from it. */
  save(): Saved {
    return {
      ...saved(this.state),
      beats: this.beats.flatMap(({ sample, class: kind, confidence }) => [
        sample,
        CLASSES.indexOf(kind),
        confidence,
      ]),
      bad: this.bad.flatMap(({ from, to }) => [from, to]),
    };
  }

  private resume(kept: Saved): void {
    const what = "following a rhythm";
    restore(this.state, kept, what);
    const { origin, next, filled, made, windows } = this.state;
    const beats = restoredList(kept, "beats", 3, what);
    const bad = restoredList(kept, "bad", 2, what);
    requireSound(what, {
      next: isCount(next) && isCount(origin, next),
      made: isCount(made) && Math.abs((next - origin) * this.step - made) < 2 && filled >= 0 && filled < 1,
      windows: isCount(windows) && isCount(made - windows * WINDOW, WINDOW + WAIT),
      beats: beats.every((value, k) =>
        k % 3 === 2 ? value >= 0 && value <= 1 : isCount(value, k % 3 === 0 ? next : CLASSES.length - 1),
      ),
      bad: bad.every((sample) => isCount(sample, next)),
    });
    for (let i = 0; i < beats.length; i += 3)
      this.beats.push({
        sample: beats[i]!,
        class: CLASSES[beats[i + 1]!]!,
        confidence: beats[i + 2]!,
      });
    for (let i = 0; i < bad.length; i += 2) this.bad.push({ from: bad[i]!, to: bad[i + 1]! });
  }

  private note(beats: Beat[], quality: SecondQuality[]): void {
    for (const beat of beats) this.beats.push(beat);
    for (const { from, to, analysable } of quality) if (!analysable) this.bad.push({ from, to });
  }

  /** A window that the signal's end cuts short is measured with what lies before it, as long as the others. */
  private measure(): MeasuredWindow {
    const { state } = this;
    const { rate } = this.settings;
    const first = state.windows * WINDOW;
    const last = Math.min(first + WINDOW, state.made);
    const waveOf = (sample: number) => (sample - state.origin + 0.5) * this.step;
    const sampleOf = (wave: number) => state.origin + Math.round(wave / this.step);
    const whole = last - first === WINDOW;
    const from = sampleOf(first);
    const to = whole ? sampleOf(last) : state.next;
    const seen = whole ? first : Math.max(0, last - WINDOW);
    const high = Math.min(last + waveSamples(CONTEXT.behind), state.made);
    const waves = new Float64Array(high - seen);
    for (let i = 0; i < waves.length; i++) waves[i] = state.waves[(seen + i) % RING]!;
    const between = (low: number, high: number) =>
      this.beats.filter(({ sample }) => waveOf(sample) >= low && waveOf(sample) < high);
    const placed = (beats: Beat[]) => beats.map(({ sample }) => waveOf(sample) - seen);
    const own = between(seen, last);
    const around = between(seen - waveSamples(CONTEXT.before), high);
    const inside = waves.subarray(0, last - seen);
    const ownPlaces = placed(own);
    const irregularity = irregularityIn({
      own: ownPlaces,
      around: placed(around),
      bad: this.bad.map(({ from, to }) => ({ from: waveOf(from) - seen, to: waveOf(to) - seen })),
    });
    const intervals = irregularity.own;
    const intervalsAf = fibrillationByIntervals(irregularity);
    const shaped = shapedOf(inside, ownPlaces);
    const window: MeasuredWindow = {
      from,
      to,
      seen: sampleOf(seen),
      seconds: (last - seen) / WAVE_RATE,
      beats: own,
      around,
      waves,
      known: whole ? sampleOf(high) : state.next,
      waveOf: (sample) => waveOf(sample) - seen,
      bad: this.bad.filter((span) => span.from < sampleOf(high)),
      analysable: 1 - this.badShare(from, to),
      intervals,
      intervalsAf,
      likeness: medianOf(shaped.complexes.map(({ likeness }) => likeness)),
      features: () => allFeatures(intervalsAf, intervals, shaped),
      form: formOf(inside, ownPlaces),
      unprovoked: this.unprovoked(own, around),
    };
    state.windows++;
    const forget = to - Math.ceil((CONTEXT.before + SETTLE_SECONDS) * rate);
    this.beats = this.beats.filter(({ sample }) => sample >= forget);
    this.bad = this.bad.filter((span) => span.to >= forget);
    return window;
  }

  private unprovoked(own: Beat[], around: Beat[]): number | undefined {
    if (!own.some(provokes)) return undefined;
    const intervals = (beats: Beat[]) => {
      const found: number[] = [];
      for (let i = 1; i < beats.length; i++) {
        const interval = (beats[i]!.sample - beats[i - 1]!.sample) / this.settings.rate;
        const provoked = provokes(beats[i]!) || provokes(beats[i - 1]!);
        const read = readable(beats[i - 1]!.sample, beats[i]!.sample, this.bad);
        if (!provoked && read && interval < LONGEST_INTERVAL) found.push(interval);
      }
      return found;
    };
    return fibrillationByIntervals(irregularityOf(intervals(own), intervals(around)));
  }

  private badShare(from: number, to: number): number {
    let sum = 0;
    for (const span of this.bad) sum += Math.max(0, Math.min(to, span.to) - Math.max(from, span.from));
    return sum / (to - from);
  }
}

function newState(origin: number): State {
  return {
    origin,
    next: origin,
    filled: 0,
    sum: 0,
    made: 0,
    windows: 0,
    waves: new Float64Array(RING),
  };
}
