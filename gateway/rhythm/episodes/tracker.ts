/**
 * The rhythm of one lead as it arrives: window by window what it is, cut where fibrillation begins or ends, and beside
 * that pauses and ventricular runs where they are. The same samples and beats give the same episodes however they are cut
 * into blocks.
 */
import type { SecondQuality } from "../quality";
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import type { Beat, Episode } from "../types";
import { leanOf, partsOf } from "./parts";
import { waveSamples } from "./signal";
import { mean } from "./statistics";
import { verdictOf } from "./verdict";
import { type MeasuredWindow, WindowCutter, type WindowSettings } from "./windows";

/** Version of what names rhythms; results carry it. */
export const RHYTHM_VERSION = "avnode-rhythm/4";

/** Between two beats, in seconds. */
export const PAUSE_SECONDS = 2;
/**
 * An electrode that lost its contact is drawn over millivolts while the amplifier recovers, without a beat; hearts that
 * pause leave the line where it is, behind the last beat's own waves. In DS1 pauses that were some moved 0.5 mV at most,
 * those that were none 1.7 mV at least: means of {@link SMOOTHED} between its ends, in seconds from the beats there.
 */
const MOVED_MILLIVOLTS = 1;
const SMOOTHED = waveSamples(0.2);
const BEHIND_BEAT = 0.5;
const BEFORE_BEAT = 0.15;
/** Ventricular beats in a row that are a run. */
export const RUN_BEATS = 3;
/**
 * Mean confidence of a run's beats, in which noise around them counts, from which it is reported. Of the runs below, found
 * in DS1 by cross-validation, most were none; of those above, nine in ten were.
 */
export const RUN_CONFIDENCE = 0.65;
/**
 * Fast ventricular rhythms and flutter look like no known beat, as noise does, so that their beats are doubted; noise has
 * no steady time. So many doubted or ventricular beats in a row, none later than that behind the one before, in seconds,
 * in intervals that change by no more than that share, are a run, too: in DS1 all 19 were; in nstdb there is none,
 * in 4,105 strips of CinC 2017 there are two.
 */
const STEADY_BEATS = 6;
const STEADY_SECONDS = 0.4;
const STEADY_SHARE = 0.25;
/** What a doubted beat adds to a run's confidence: nobody can tell. */
const DOUBTED = 0.5;
/**
 * While fingers settle on electrodes and no shape is known yet, a few beats in a row say little. In 4,105 strips of
 * CinC 2017, 75 of the 2,493 that are normal had a run, 63 of them one of less than six beats within five seconds.
 */
const SETTLED_SECONDS = 5;

interface State {
  /** The newest beat's sample number, -1 for none since the last gap. */
  last: number;
  /** The first since then. */
  first: number;
  /** Beats of the run up to it, and the first of them: ventricular ones, and doubted ones in steady time. */
  run: number;
  runFrom: number;
  /** Those that are doubted; sum of the others' confidences. */
  doubted: number;
  sure: number;
  /** 1 while the newest is ventricular. */
  ventricular: number;
  /** Of the run, those in steady time up to the newest, and the most there were; the interval before the newest. */
  steady: number;
  steadiest: number;
  interval: number;
  /** 1 while the newest window was fibrillation to its end; 1 while its last part was. */
  fibrillating: number;
  within: number;
  /** What the newest window added to the odds of its intervals. */
  lean: number;
}

const NO_RUN = { run: 0, doubted: 0, sure: 0, ventricular: 0, steady: 0, steadiest: 0, interval: 0 };

export class RhythmTracker {
  private readonly cutter: WindowCutter;
  private readonly state: State = {
    last: -1,
    first: -1,
    ...NO_RUN,
    runFrom: 0,
    fibrillating: 0,
    within: 0,
    lean: 0,
  };

  constructor(
    private readonly settings: WindowSettings,
    resumed?: Saved,
  ) {
    const windows = (resumed?.windows as Saved[] | undefined)?.[0];
    this.cutter = new WindowCutter(settings, resumed && (windows ?? {}));
    if (!resumed) return;
    restore(this.state, resumed, "following a rhythm");
    const {
      last,
      first,
      run,
      runFrom,
      doubted,
      sure,
      ventricular,
      steady,
      steadiest,
      interval,
      fibrillating,
      within,
    } = this.state;
    requireSound("following a rhythm", {
      last: last === -1 || isCount(last, windows!.next as number),
      first: last === -1 || isCount(first, last),
      run: isCount(run) && (run === 0 || isCount(runFrom, last)),
      sure: isCount(doubted, run) && sure >= 0 && sure <= run - doubted,
      steady:
        isCount(steadiest, run) && isCount(steady, steadiest) && isCount(interval) && isCount(ventricular, 1),
      fibrillating: isCount(fibrillating, 1) && isCount(within, 1),
    });
  }

  /**
   * @param block the next samples
   * @param beats final ones that were not given yet, ascending
   * @param quality of seconds that ended and were not given yet
   * @returns what became final, windows in order of time, each behind the pauses and runs that ended in it
   */
  push(block: ArrayLike<number>, beats: Beat[], quality: SecondQuality[]): Episode[] {
    return this.cutter.push(block, beats, quality).flatMap((window) => this.name(window));
  }

  /** Samples are missing. @returns what was still open */
  gap(samples: number, beats: Beat[], quality: SecondQuality[]): Episode[] {
    const found = this.cutter.gap(samples, beats, quality).flatMap((window) => this.name(window));
    return found.concat(this.finish());
  }

  /** The signal ends here. @returns what was still open */
  end(beats: Beat[], quality: SecondQuality[]): Episode[] {
    const found = this.cutter.end(beats, quality).flatMap((window) => this.name(window));
    return found.concat(this.finish());
  }

  /** All that it knows; a tracker of the same settings goes on from it. */
  save(): Saved {
    return { ...saved(this.state), windows: [this.cutter.save()] };
  }

  private name(window: MeasuredWindow): Episode[] {
    const found: Episode[] = [];
    const { state } = this;
    const verdict = verdictOf(window, state.fibrillating ? "af" : undefined);
    const before = { fibrillating: state.within === 1, lean: state.lean };
    const parts = partsOf(window, this.settings.rate, verdict, before);
    state.within = parts.at(-1)!.rhythm === "af" ? 1 : 0;
    state.fibrillating = verdict.rhythm === "af" ? state.within : 0;
    state.lean = leanOf(verdict);
    for (const beat of window.beats) {
      if (beat.sample < window.from) continue;
      this.follow(beat, verdict.rhythm === "unreadable" ? undefined : window, found);
    }
    found.push(...parts);
    return found;
  }

  /** @param window where the beat lies, if it can be read */
  private follow(beat: Beat, window: MeasuredWindow | undefined, found: Episode[]): void {
    const { state } = this;
    const { rate } = this.settings;
    const interval = beat.sample - state.last;
    if (state.last < 0) state.first = beat.sample;
    // Where the signal was bad, a beat may have been missed.
    const read =
      window !== undefined && !window.bad.some(({ from, to }) => to > state.last && from < beat.sample);
    if (state.last >= 0 && interval >= PAUSE_SECONDS * rate && read && !this.isMoved(window, beat))
      found.push({
        from: state.last,
        to: beat.sample,
        rhythm: "pause",
        confidence: beat.confidence,
        rate: (60 * rate) / interval,
      });
    if (!read) found.push(...this.close());
    if (window && (beat.class === "V" || beat.class === "Q")) found.push(...this.goOn(beat, interval));
    else found.push(...this.close());
    state.last = beat.sample;
  }

  /** With a beat that is ventricular or doubted. @returns the run that ended before it, if it goes on with none */
  private goOn({ sample, class: kind, confidence }: Beat, interval: number): Episode[] {
    const { state } = this;
    const steady = state.run > 0 && this.isSteady(interval);
    const ventricular = kind === "V";
    const found = steady || (ventricular && state.ventricular === 1) ? [] : this.close();
    if (state.run === 0) state.runFrom = sample;
    state.run++;
    if (ventricular) state.sure += confidence;
    else state.doubted++;
    state.ventricular = ventricular ? 1 : 0;
    state.steady = steady ? state.steady + 1 : 1;
    state.steadiest = Math.max(state.steadiest, state.steady);
    state.interval = state.run > 1 ? interval : 0;
    return found;
  }

  /** The first interval of a run has none to be like. */
  private isSteady(interval: number): boolean {
    const { interval: before } = this.state;
    if (interval > STEADY_SECONDS * this.settings.rate) return false;
    return before === 0 || Math.abs(interval - before) <= STEADY_SHARE * Math.max(interval, before);
  }

  /** Of the time since the beat before, as much as lies in the window. */
  private isMoved({ waves, waveOf }: MeasuredWindow, beat: Beat): boolean {
    const { rate } = this.settings;
    const to = Math.floor(waveOf(beat.sample - BEFORE_BEAT * rate));
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let at = Math.max(0, Math.ceil(waveOf(this.state.last + BEHIND_BEAT * rate)));
    for (; at + SMOOTHED <= to; at += SMOOTHED) {
      const level = mean(waves.subarray(at, at + SMOOTHED));
      least = Math.min(least, level);
      most = Math.max(most, level);
    }
    return most - least >= MOVED_MILLIVOLTS;
  }

  /** Nothing that comes has to do with what was. */
  private finish(): Episode[] {
    const found = this.close();
    this.state.last = -1;
    Object.assign(this.state, { fibrillating: 0, within: 0, lean: 0 });
    return found;
  }

  /** A run ends with the newest beat. */
  private close(): Episode[] {
    const { state } = this;
    const { first, run, runFrom, doubted, sure, steadiest, last } = state;
    Object.assign(state, NO_RUN);
    const ventricular = run - doubted;
    const isSure = ventricular >= RUN_BEATS && sure >= RUN_CONFIDENCE * ventricular;
    if (!isSure && steadiest < STEADY_BEATS) return [];
    if (run < STEADY_BEATS && runFrom - first < SETTLED_SECONDS * this.settings.rate) return [];
    const rate = (60 * this.settings.rate * (run - 1)) / (last - runFrom);
    const confidence = (sure + DOUBTED * doubted) / run;
    return [{ from: runFrom, to: last + 1, rhythm: "vrun", confidence, rate }];
  }
}
