/**
 * Beats of one lead with their classes, and quality by the second: what is said of a beat where the signal can be read.
 * Whoever classes beats, live or for a score, does it here. A beat whose complex reaches into a second that cannot be
 * read stays a beat, but nobody can class it: it is Q.
 */
import { type LeadSettings, QualityMeter, type SecondQuality } from "../quality";
import { isCount, requireSound, restore, type Saved, saved } from "../state";
import { BeatClassifier } from "./classifier";
import type { ClassifiedBeat } from "./judge";

/** Of a complex, on each side of its beat. */
const REACH_SECONDS = 0.1;
/** Seconds that could not be read are remembered until no beat of their time can still come. */
const BAD_KEPT = 16;

export interface ReadBeat extends ClassifiedBeat {
  /** Whether there is a beat before, without a gap between, and all signal since could be read. */
  read: boolean;
}

export interface Reading {
  beats: ReadBeat[];
  /** Seconds that ended. */
  quality: SecondQuality[];
}

interface State {
  /** The newest seconds that could not be read, as a ring of from and to, -1 where there is none. */
  bad: Float64Array;
  bads: number;
  /** The newest beat, -1 for none since the last gap. */
  last: number;
}

export class BeatReader {
  private readonly meter: QualityMeter;
  private readonly classifier: BeatClassifier;
  private readonly reach: number;
  private readonly state: State = { bad: new Float64Array(2 * BAD_KEPT).fill(-1), bads: 0, last: -1 };

  /** @throws RangeError for a rate that it is not made for, or what another version saved */
  constructor(settings: LeadSettings, resumed?: Saved) {
    const { rate, gain } = settings;
    const part = (name: string) => resumed && ((resumed[name] ?? {}) as Saved);
    this.meter = new QualityMeter(settings, part("meter"));
    this.classifier = new BeatClassifier({ rate, gains: [gain] }, part("classifier"));
    this.reach = REACH_SECONDS * rate;
    if (!resumed) return;
    restore(this.state, part("state")!, "reading beats");
    const { bad, bads, last } = this.state;
    const { next } = (resumed.meter ?? {}) as Saved;
    requireSound("reading beats", {
      bad: isCount(bads) && bad.every((sample) => sample === -1 || isCount(sample, next as number)),
      last: last === -1 || isCount(last, next as number),
    });
  }

  /**
   * Takes the next samples: about a second at most, or seconds that could not be read would be forgotten before the
   * beats in them come.
   * @returns the beats and seconds that became final
   */
  push(block: Int32Array): Reading {
    const quality = this.meter.push(block);
    const { state } = this;
    for (const { from, to, analysable } of quality)
      if (!analysable) {
        const at = 2 * (state.bads++ % BAD_KEPT);
        state.bad[at] = from;
        state.bad[at + 1] = to;
      }
    return { beats: this.judged(this.classifier.push([block])), quality };
  }

  /** Samples are missing: nothing is guessed across. @returns the beats that were still open */
  gap(samples: number): ReadBeat[] {
    const beats = this.judged(this.classifier.gap(samples));
    this.meter.gap(samples);
    this.state.last = -1;
    return beats;
  }

  /** The signal ends here. @returns the beats that were still open */
  end(): ReadBeat[] {
    return this.judged(this.classifier.end());
  }

  /** All that it knows; a reader of the same lead goes on from it. */
  save(): Saved {
    return { meter: this.meter.save(), classifier: this.classifier.save(), state: saved(this.state) };
  }

  private judged(found: ClassifiedBeat[]): ReadBeat[] {
    const { state, reach } = this;
    return found.map((beat) => {
      const { sample } = beat;
      const read = state.last >= 0 && !this.spoilt(state.last, sample);
      state.last = sample;
      if (!this.spoilt(sample - reach, sample + reach)) return { ...beat, read };
      return { ...beat, class: "Q", paced: false, read };
    });
  }

  /** Whether a second that could not be read touches the samples `from` to `to`, both included. */
  private spoilt(from: number, to: number): boolean {
    const { bad } = this.state;
    for (let k = 0; k < bad.length; k += 2) if (bad[k]! <= to && bad[k + 1]! > from) return true;
    return false;
  }
}
