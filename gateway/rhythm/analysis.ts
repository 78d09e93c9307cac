/**
 * One lead, as it arrives, to all that is said of it: quality by the second, beats with their classes, intervals between
 * and within them, and rhythm. What cannot be read is said to be so and never becomes a finding: a beat in such a second
 * is of no class, and no run, pause or rhythm is made of it. The same samples give the same answers however they are cut
 * into blocks, and an analysis that was saved goes on as though nothing had happened.
 */
import { BEATS_VERSION } from "./beats/classifier";
import { BeatReader, type ReadBeat } from "./beats/read";
import { RHYTHM_VERSION, RhythmTracker } from "./episodes/tracker";
import { WINDOW_DELAY_SECONDS, WINDOW_SECONDS } from "./episodes/windows";
import { type Finding, FindingJoiner } from "./findings";
import { isGain } from "./gain";
import { INTERVALS_VERSION } from "./intervals/measure";
import { IntervalMeter, type Measurement } from "./intervals/meter";
import { IntervalsSum, type IntervalsSummary } from "./intervals/summary";
import { type Interval, Pulse, type PulseSummary } from "./pulse";
import type { LeadSettings, SecondQuality } from "./quality";
import { isCount, nextOf, requireSound, restore, type Saved, saved } from "./state";
import type { Beat, BeatClass, Episode } from "./types";

/** Of everything that an answer depends on; results name it. */
export const ANALYSIS_VERSION = `${BEATS_VERSION} ${RHYTHM_VERSION} ${INTERVALS_VERSION} avnode-analysis/2`;

/** From a sample to the rhythm of its window, at most. */
export const ANALYSIS_DELAY_SECONDS = WINDOW_SECONDS + WINDOW_DELAY_SECONDS;

/** What is analysed; results name it. */
export interface Inputs extends LeadSettings {
  /** Its name, where it has one. */
  lead?: string;
}

/**
 * What became final. The samples that are a result's evidence: a beat's own; both beats of an interval between beats;
 * an episode's `evidence`; a second's `from` to `to`, of which the disturbances are told in millivolts; the beats
 * averaged for a measurement.
 */
export interface Results {
  version: string;
  inputs: Inputs;
  beats: Beat[];
  intervals: Interval[];
  /** Episodes that ended. Pauses and runs come before the episode in which they lie. */
  episodes: Finding[];
  quality: SecondQuality[];
  /** PR, QRS and QT, minute by minute. */
  measurements: Measurement[];
}

export interface Summary extends PulseSummary {
  version: string;
  inputs: Inputs;
  /** Without gaps. */
  seconds: number;
  /** Of the seconds that ended, how many could be read. */
  analysable: number;
  beats: Record<BeatClass, number>;
  /** Undefined where no window could be read. */
  measurements: IntervalsSummary | undefined;
}

interface State {
  /** Samples so far, gaps not counted. */
  samples: number;
  judged: number;
  readable: number;
  counts: Float64Array;
}

const CLASSES: BeatClass[] = ["N", "S", "V", "F", "Q"];

export class Analysis {
  private readonly inputs: Inputs;
  /** As many samples as a reader of beats takes at once. */
  private readonly longest: number;
  private readonly reader: BeatReader;
  private readonly tracker: RhythmTracker;
  private readonly joiner: FindingJoiner;
  private readonly pulse: Pulse;
  private readonly ruler: IntervalMeter;
  private readonly measured: IntervalsSum;
  private readonly state: State = {
    samples: 0,
    judged: 0,
    readable: 0,
    counts: new Float64Array(CLASSES.length),
  };

  /**
   * @throws RangeError for a rate or gain that it is not made for; StateError, which is one, for what another version saved,
   * what was saved of another lead, or was damaged
   */
  constructor(inputs: Inputs, resumed?: Saved) {
    const { rate, gain } = inputs;
    if (!isGain(gain)) throw new RangeError(`cannot analyse a lead of ${gain} counts per millivolt`);
    const part = (name: string) => resumed && ((resumed[name] ?? {}) as Saved);
    this.reader = new BeatReader(inputs, part("reader"));
    this.tracker = new RhythmTracker({ rate, gain }, part("tracker"));
    this.joiner = new FindingJoiner(part("joiner"));
    this.pulse = new Pulse(rate, part("pulse"));
    this.ruler = new IntervalMeter({ rate, gain }, part("ruler"));
    this.measured = new IntervalsSum(part("measured"));
    this.inputs = inputs;
    this.longest = Math.floor(rate);
    if (!resumed) return;
    restore(this.state, part("state")!, "an analysis");
    const { samples, judged, readable, counts } = this.state;
    requireSound("an analysis", {
      version: resumed.version === ANALYSIS_VERSION && String(resumed.of) === String(this.of()),
      samples: isCount(samples, nextOf(resumed)),
      judged: isCount(judged, samples) && isCount(readable, judged),
      counts: counts.every((count) => isCount(count, samples)),
    });
  }

  /** Takes the next samples. */
  push(block: Int32Array): Results {
    const results = this.piece(block.subarray(0, this.longest));
    for (let at = this.longest; at < block.length; at += this.longest) {
      const more = this.piece(block.subarray(at, at + this.longest));
      for (const beat of more.beats) results.beats.push(beat);
      for (const interval of more.intervals) results.intervals.push(interval);
      for (const episode of more.episodes) results.episodes.push(episode);
      for (const second of more.quality) results.quality.push(second);
      for (const measurement of more.measurements) results.measurements.push(measurement);
    }
    return results;
  }

  /** Samples are missing: what came before is finished, nothing is guessed across. @throws RangeError for no number of them */
  gap(samples: number): Results {
    if (!(Number.isSafeInteger(samples) && samples > 0))
      throw new RangeError(`no gap has ${samples} samples`);
    const { beats, intervals } = this.take(this.reader.gap(samples));
    const results = this.results(beats, intervals, this.tracker.gap(samples, beats, []), []);
    this.pulse.gap();
    results.episodes.push(...this.joiner.end());
    results.measurements.push(...this.sum(this.ruler.gap(samples)));
    return results;
  }

  /** The signal ends here. */
  end(): Results {
    const { beats, intervals } = this.take(this.reader.end());
    const results = this.results(beats, intervals, this.tracker.end(beats, []), []);
    results.episodes.push(...this.joiner.end());
    results.measurements.push(...this.sum(this.ruler.end()));
    return results;
  }

  /** The episode under way, as long as it is by now. */
  open(): Finding | undefined {
    return this.joiner.open();
  }

  /** Of all that became final. */
  summary(): Summary {
    const { samples, judged, readable, counts } = this.state;
    return {
      version: ANALYSIS_VERSION,
      inputs: this.inputs,
      seconds: samples / this.inputs.rate,
      analysable: judged > 0 ? readable / judged : 0,
      beats: Object.fromEntries(CLASSES.map((name, k) => [name, counts[k]])) as Record<BeatClass, number>,
      measurements: this.measured.summary(),
      ...this.pulse.summary(samples),
    };
  }

  /** All that it knows; an analysis of the same lead goes on from it. */
  save(): Saved {
    return {
      version: ANALYSIS_VERSION,
      of: this.of(),
      reader: this.reader.save(),
      tracker: this.tracker.save(),
      joiner: this.joiner.save(),
      pulse: this.pulse.save(),
      ruler: this.ruler.save(),
      measured: this.measured.save(),
      state: saved(this.state),
    };
  }

  /** What its state is of: saved beside it. */
  private of(): number[] {
    const { rate, gain, rails } = this.inputs;
    return [rate, gain, ...(rails ? [rails.low, rails.high] : [])];
  }

  private piece(block: Int32Array): Results {
    this.state.samples += block.length;
    this.ruler.push(block);
    const { beats: read, quality } = this.reader.push(block);
    for (const { from, to, analysable } of quality) {
      this.state.judged++;
      if (analysable) this.state.readable++;
      else this.ruler.spoil(from, to);
    }
    const { beats, intervals } = this.take(read);
    return this.results(beats, intervals, this.tracker.push(block, beats, quality), quality);
  }

  private take(found: ReadBeat[]): { beats: Beat[]; intervals: Interval[] } {
    const { state, pulse } = this;
    const beats: Beat[] = [];
    const intervals: Interval[] = [];
    for (const { sample, class: kind, confidence, paced, read } of found) {
      const beat: Beat = { sample, class: kind, confidence };
      this.ruler.beat(beat, paced);
      const interval = pulse.beat(beat, read);
      if (interval) intervals.push(interval);
      state.counts[CLASSES.indexOf(kind)]!++;
      beats.push(beat);
    }
    return { beats, intervals };
  }

  private results(
    beats: Beat[],
    intervals: Interval[],
    episodes: Episode[],
    quality: SecondQuality[],
  ): Results {
    const ended: Finding[] = [];
    const measurements: Measurement[] = [];
    for (const episode of episodes) {
      if (episode.rhythm !== "pause" && episode.rhythm !== "vrun") {
        this.pulse.judge(episode);
        measurements.push(...this.sum(this.ruler.window(episode)));
      }
      ended.push(...this.joiner.add(episode));
    }
    const { inputs } = this;
    return { version: ANALYSIS_VERSION, inputs, beats, intervals, episodes: ended, quality, measurements };
  }

  private sum(measurements: Measurement[]): Measurement[] {
    for (const measurement of measurements) this.measured.add(measurement);
    return measurements;
  }
}
