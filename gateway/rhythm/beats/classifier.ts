/**
 * From samples of one or several leads to beats with their classes, as they arrive: causal, with a bounded delay. A beat
 * is final when the detector has found the two beats behind it, or {@link PATIENCE_SECONDS} after it: at most
 * {@link DELAY_SECONDS} later, and no more was measured over MIT-BIH's DS1, its noise and made-up signals. The
 * same samples give the same beats however they are cut into blocks, and a classifier that was saved goes on as though
 * nothing had happened.
 */
import type { DetectorSettings } from "../qrs/detector";
import type { Saved } from "../state";
import { decodeForest } from "../trees/nodes";
import { PATIENCE_SECONDS } from "./features";
import { type BeatForests, BeatJudge, type ClassifiedBeat } from "./judge";
import { BeatMeter } from "./meter";
import { EARLY_FOREST, FOREST } from "./model";

/** Version of what finds and classes beats; results name it. */
export const BEATS_VERSION = "avnode-beats/4";

/** From a beat to its final class, at most. */
export const DELAY_SECONDS = PATIENCE_SECONDS + 0.25;

let forests: BeatForests | undefined;

/** The forests that are shipped. */
export function shippedForests(): BeatForests {
  const decode = (text: string) => decodeForest(Buffer.from(text, "base64"));
  forests ??= { wide: decode(FOREST), early: decode(EARLY_FOREST) };
  return forests;
}

export class BeatClassifier {
  private readonly meter: BeatMeter;
  private readonly judge: BeatJudge;

  /** @throws RangeError for a rate or a number of leads that it is not made for, or what another version saved */
  constructor(settings: DetectorSettings, resumed?: Saved, trees: BeatForests = shippedForests()) {
    this.meter = new BeatMeter(settings, resumed && ((resumed.meter ?? {}) as Saved));
    this.judge = new BeatJudge(trees, settings.gains.length, resumed && ((resumed.judge ?? {}) as Saved));
  }

  /**
   * Takes the next samples: one array per lead, equally long.
   * @returns the beats that became final, ascending
   */
  push(block: ArrayLike<number>[]): ClassifiedBeat[] {
    const beats: ClassifiedBeat[] = [];
    this.meter.push(block, (rows) => beats.push(this.judge.judge(rows)));
    return beats;
  }

  /**
   * Samples are missing: what came before is finished, and all that was learnt is forgotten.
   * @returns the beats that were still open
   */
  gap(samples: number): ClassifiedBeat[] {
    const beats: ClassifiedBeat[] = [];
    this.meter.gap(samples, (rows) => beats.push(this.judge.judge(rows)));
    this.judge.forget();
    return beats;
  }

  /** The signal ends here. @returns the beats that were still open */
  end(): ClassifiedBeat[] {
    const beats: ClassifiedBeat[] = [];
    this.meter.end((rows) => beats.push(this.judge.judge(rows)));
    return beats;
  }

  /** All that it knows; a classifier of the same settings goes on from it. */
  save(): Saved {
    return { meter: this.meter.save(), judge: this.judge.save() };
  }
}
