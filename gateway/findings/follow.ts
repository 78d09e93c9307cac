/**
 * One recording's analysis, block by block as they come: takes what is there in order, waits for what is not, and says
 * when a step is to be kept. Which blocks come together changes no answer.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { ANALYSIS_VERSION, Analysis, type Results } from "../rhythm/analysis";
import type { Finding } from "../rhythm/findings";
import { nextOf, type Saved, StateError } from "../rhythm/state";
import type { Beat, Rhythm } from "../rhythm/types";
import { StoreError } from "../store/errors";
import type { Feed } from "../store/feed";
import { isEventKind } from "../store/findings/group";
import type { FindingsReader, Resume } from "../store/findings/reading";
import type { AnalysedLead, Checkpoint } from "../store/findings/types";
import type { Piece } from "../store/infos";
import { analysedLead } from "./lead";

/** Signal between two checkpoints, in seconds. */
export interface Cadence {
  seconds: number;
  /** While more waits than a step takes. */
  behindSeconds: number;
  /** Where there is something to tell, and for the first. */
  newsSeconds: number;
}

/** The state that goes with each has some 100 kB; what is lost with the process is done again in a moment. */
const CADENCE: Cadence = { seconds: 120, behindSeconds: 1800, newsSeconds: 30 };
/** One may come between two blocks of a recording that runs. */
export const QUIET_STEPS = 2;
/** Heart rate is the mean of so much of the newest signal. */
const PULSE_SECONDS = 10;
const STATE_LEVEL = 1;

/** Of the newest signal. */
export interface Pulse {
  /** Behind the newest sample. */
  sample: number;
  /** Beats a minute. */
  heartRate?: number;
  rhythm?: Rhythm;
}

/** Beats that the next checkpoint will keep. */
export interface FreshBeats {
  /** Of the analysis that its last checkpoint is of. */
  number?: number;
  lead: number;
  /** That were taken. */
  samples: number;
  beats: Beat[];
}

export interface Step {
  /** Due to be kept; nothing more is taken before `kept` or a new follower. */
  checkpoint?: Checkpoint;
  /** Everything that is here and follows without a hole was taken. */
  isAll: boolean;
  /** Seconds of signal that are known of and not taken. */
  behindSeconds: number;
  pulse?: Pulse;
  /** Of a step that took all there is, unless it is to be kept. */
  fresh?: FreshBeats;
}

export class Follower {
  private readonly feed: Feed;
  private from?: Resume;
  private lead?: AnalysedLead;
  private analysis?: Analysis;
  private number?: number;
  private insteadOf?: number;
  /** First frame and sample that were not taken, and those of the last checkpoint. */
  private next: number;
  private sample: number;
  private keptNext: number;
  private keptSample: number;
  /** Since the last checkpoint. */
  private beats: Beat[] = [];
  private episodes: Finding[] = [];
  private hasNews = false;
  /** Steps in a row that found nothing. */
  private quiet = 0;
  /** Ends of the newest beats' intervals, and their lengths in seconds. */
  private intervals: { to: number; seconds: number }[] = [];

  /** @param id of the recording, whole */
  constructor(
    findings: Pick<FindingsReader, "feed" | "resume">,
    private readonly id: string,
    private readonly cadence = CADENCE,
  ) {
    this.feed = findings.feed(id);
    this.from = findings.resume(id, ANALYSIS_VERSION);
    this.number = this.from?.number;
    this.next = this.keptNext = this.from?.next ?? 0;
    this.sample = this.keptSample = this.from?.samples ?? 0;
  }

  /**
   * @param frames at most
   * @throws ANALYSIS_LEAD, ANALYSIS_RATE, ANALYSIS_ORDER; as Feed.read does: nothing of this recording can be analysed
   */
  step(frames: number): Step {
    const open = this.feed.open();
    if (!open) return { isAll: true, behindSeconds: 0 };
    this.lead ??= analysedLead(open);
    const { rate } = this.lead.settings;
    const { pieces, next, isAll, ended, samples } = this.feed.read(this.next, frames);
    const behindSeconds = () => Math.max(0, samples - this.sample) / rate;
    this.next = next;
    // Many recordings are looked at of which nothing has come.
    if (pieces.length === 0 && !ended)
      return { checkpoint: this.restingCheckpoint(), isAll, behindSeconds: behindSeconds() };
    this.quiet = 0;
    this.analysis ??= this.resumed();
    if (!this.analysis) {
      this.startOver();
      return { isAll: false, behindSeconds: behindSeconds() };
    }
    for (const piece of pieces) this.take(piece, this.analysis);
    if (ended) this.add(this.analysis.end());
    const isDue = ended || this.isDue((this.sample - this.keptSample) / rate, isAll);
    return {
      checkpoint: isDue ? this.checkpoint(this.analysis, ended) : undefined,
      isAll,
      behindSeconds: ended ? 0 : behindSeconds(),
      pulse: pieces.length > 0 ? this.pulse(this.analysis, rate) : undefined,
      fresh: isAll && !isDue ? this.fresh(this.lead) : undefined,
    };
  }

  /** @returns undefined where nothing can go on from what was saved */
  private resumed(): Analysis | undefined {
    const { settings } = this.lead!;
    if (!this.from?.state) return new Analysis(settings);
    try {
      const state = unpacked(this.from.state);
      return nextOf(state) === this.from.samples ? new Analysis(settings, state) : undefined;
    } catch (error) {
      if (error instanceof StateError) return undefined;
      throw error;
    }
  }

  private startOver(): void {
    this.insteadOf = this.number;
    this.from = this.number = undefined;
    this.next = this.keptNext = this.sample = this.keptSample = 0;
  }

  /** The last checkpoint is on disk. @param number of the analysis */
  kept(number: number): void {
    this.number = number;
    this.insteadOf = undefined;
    this.keptNext = this.next;
    this.keptSample = this.sample;
    this.beats = [];
    this.episodes = [];
    this.hasNews = false;
  }

  /** What nothing follows for a while is kept, too. */
  private restingCheckpoint(): Checkpoint | undefined {
    const isUnkept = this.analysis !== undefined && this.sample > this.keptSample;
    return isUnkept && ++this.quiet === QUIET_STEPS ? this.checkpoint(this.analysis!, false) : undefined;
  }

  private isDue(seconds: number, isAll: boolean): boolean {
    if (!isAll) return seconds >= this.cadence.behindSeconds;
    const isNews = this.hasNews || this.number === undefined;
    return seconds >= (isNews ? this.cadence.newsSeconds : this.cadence.seconds);
  }

  private take({ firstSample, samples }: Piece, analysis: Analysis): void {
    const signal = samples[this.lead!.lead]!;
    if (firstSample < this.sample)
      throw new StoreError(
        "ANALYSIS_ORDER",
        `a block begins at sample ${firstSample}, which was there already: run 'avnode verify ${this.id}'`,
      );
    if (firstSample > this.sample) this.add(analysis.gap(firstSample - this.sample));
    this.add(analysis.push(signal));
    this.sample = firstSample + signal.length;
  }

  private add({ beats, episodes, intervals }: Results): void {
    for (const beat of beats) this.beats.push(beat);
    for (const episode of episodes) {
      this.episodes.push(rounded(episode));
      if (isEventKind(episode.rhythm)) this.hasNews = true;
    }
    for (const { to, seconds } of intervals) this.intervals.push({ to, seconds });
  }

  private checkpoint(analysis: Analysis, ended: boolean): Checkpoint {
    const open = analysis.open();
    return {
      ...this.lead!,
      recording: this.id,
      number: this.number,
      insteadOf: this.insteadOf,
      version: ANALYSIS_VERSION,
      from: this.keptNext,
      next: this.next,
      samples: this.sample,
      beats: this.beats,
      episodes: this.episodes,
      open: open && rounded(open),
      summary: analysis.summary(),
      ended,
      state: ended ? new Uint8Array() : deflateSync(JSON.stringify(analysis.save()), { level: STATE_LEVEL }),
    };
  }

  private fresh({ lead }: AnalysedLead): FreshBeats {
    return { number: this.number, lead, samples: this.sample, beats: this.beats };
  }

  private pulse(analysis: Analysis, rate: number): Pulse {
    const since = (this.intervals.at(-1)?.to ?? 0) - PULSE_SECONDS * rate;
    this.intervals = this.intervals.filter(({ to }) => to > since);
    const seconds = this.intervals.reduce((sum, interval) => sum + interval.seconds, 0);
    // What was beaten before an electrode came off is not the rate now.
    const isNew = this.sample - (this.intervals.at(-1)?.to ?? 0) < PULSE_SECONDS * rate;
    return {
      sample: this.sample,
      heartRate: isNew && seconds > 0 ? (60 * this.intervals.length) / seconds : undefined,
      rhythm: analysis.open()?.rhythm,
    };
  }
}

/** @throws StateError where it is not what was packed */
function unpacked(state: () => Uint8Array): Saved {
  try {
    return JSON.parse(inflateSync(state()).toString()) as Saved;
  } catch (cause) {
    throw new StateError("cannot resume an analysis: its state does not open", { cause });
  }
}

const digits = (value: number, count: number) => Number(value.toFixed(count));

function rounded({ from, to, rhythm, confidence, rate, evidence }: Finding): Finding {
  return { from, to, rhythm, confidence: digits(confidence, 3), rate: digits(rate, 1), evidence };
}
