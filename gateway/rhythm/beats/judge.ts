/**
 * Gives beats their classes: a forest's opinion of the beat, and the mean of its opinions of all beats of that shape.
 * A single beat may be hidden by noise or come at an odd moment; a patient's ventricular beats look alike. Nothing is
 * called fusion: in patients whom the forest has not seen, most of what it took for fusion was ventricular.
 */
import { restore, type Saved, saved } from "../state";
import { type Forest, predict } from "../trees/forest";
import type { Beat, BeatClass } from "../types";
import { FEATURES } from "./features";
import type { Rows } from "./meter";
import { TEMPLATES } from "./templates";

/** The forest's classes, in its order. */
export const CLASSES: BeatClass[] = ["N", "S", "V", "F"];
const [N, S, V, F] = [0, 1, 2, 3];

/** Both know all of {@link CLASSES}. */
export interface BeatForests {
  /** Sees the signal and its own times: says whether a beat is ventricular. */
  wide: Forest;
  /** Sees also what other hearts' intervals teach: tells supraventricular from normal. */
  early: Forest;
}

export interface ClassifiedBeat extends Beat {
  /** A pacemaker drives the heart: class Q, as AAMI has it. */
  paced: boolean;
}

/** Tuned by cross-validation over the records of DS1. */
export interface JudgeTuning {
  /** Weight of a beat's own opinion, and of its shape's, in logarithms of odds. */
  own: number;
  shape: number;
  /** So many beats of a shape make half of its weight. */
  half: number;
  /** Added: above 0, what is doubtful is ventricular. */
  bias: number;
  /** Of a probability of fusion, what counts as ventricular. */
  fusion: number;
  /** What is not ventricular is called supraventricular when that is so much likelier than normal. */
  earlyOdds: number;
  /** In a steady rhythm, whose intervals differ by less than `steady`, what comes before this share of one is early. */
  early: number;
  steady: number;
  /** Odds beyond this, as logarithm, count no more. */
  most: number;
}

export const JUDGE: JudgeTuning = {
  own: 0.3,
  shape: 1,
  half: 2,
  bias: -0.1,
  fusion: 1,
  earlyOdds: 0.8,
  early: 0.8,
  steady: 0.06,
  most: 5,
};

/** A shape that is briefer and sharper than the usual one was conducted better, not worse. */
const BRIEFER = 0.8;
const SHARPER = 1.2;
const CONDUCTED = -4;
const SPREAD = FEATURES.indexOf("allSpread");
const SHARPNESS = FEATURES.indexOf("allSharpness");
const BEFORE = FEATURES.indexOf("before");
const TO_ALL = FEATURES.indexOf("beforeToAll");
const IRREGULAR = FEATURES.indexOf("irregular");
/** A shape's opinion follows its last beats, about so many. */
const MEMORY = 200;
/** Beats over which spikes are counted; a heart is paced while more than half have one. */
const PACED_BEATS = 8;

interface State {
  /** Of each lead's shapes: mean of opinions, and of how many. */
  opinion: Float64Array;
  beats: Float64Array;
  spikes: number;
}

export class BeatJudge {
  private readonly state: State;
  private readonly share = new Float64Array(CLASSES.length);
  private readonly all = new Float64Array(CLASSES.length);

  constructor(
    private readonly forests: BeatForests,
    leads: number,
    resumed?: Saved,
    private readonly tuning: JudgeTuning = JUDGE,
  ) {
    this.state = {
      opinion: new Float64Array(leads * TEMPLATES),
      beats: new Float64Array(leads * TEMPLATES),
      spikes: 0,
    };
    if (resumed) restore(this.state, resumed, "classifying beats");
  }

  /** @param rows each lead's, of the next beat */
  judge(rows: Rows): ClassifiedBeat {
    const { state, share, all, forests, tuning } = this;
    let odds = 0;
    let spike = false;
    for (let lead = 0; lead < rows.length; lead++) {
      const row = rows[lead]!;
      predict(forests.wide, row.features, share);
      const p = share[V]! + tuning.fusion * share[F]!;
      const own = Math.max(-tuning.most, Math.min(tuning.most, Math.log((p + 1e-6) / (1 - p + 1e-6))));
      const shape = lead * TEMPLATES + row.template;
      if (row.count === 1) state.beats[shape] = 0;
      const known = Math.min(MEMORY, state.beats[shape]! + 1);
      state.beats[shape] = known;
      state.opinion[shape]! += (own - state.opinion[shape]!) / known;
      odds +=
        (tuning.own * own +
          tuning.shape * (known / (known + tuning.half)) * state.opinion[shape]! +
          tuning.bias +
          (row.features[SPREAD]! < BRIEFER && row.features[SHARPNESS]! > SHARPER ? CONDUCTED : 0)) /
        rows.length;
      if (row.spike) spike = true;
    }
    state.spikes += ((spike ? 1 : 0) - state.spikes) / PACED_BEATS;
    const paced = spike && state.spikes > 0.5;
    const ventricular = 1 / (1 + Math.exp(-odds));
    const { sample } = rows[0]!;
    if (paced) return { sample, class: "Q", confidence: state.spikes, paced };
    if (odds > 0) return { sample, class: "V", confidence: ventricular, paced };
    // Only now, for it has nothing to say of what is ventricular or paced.
    all.fill(0);
    for (const row of rows) {
      predict(forests.early, row.features, share);
      for (let k = 0; k < share.length; k++) all[k]! += share[k]! / rows.length;
    }
    const { features } = rows[0]!;
    const early =
      all[S]! > tuning.earlyOdds * all[N]! ||
      (Math.max(features[BEFORE]!, features[TO_ALL]!) < tuning.early && features[IRREGULAR]! < tuning.steady);
    const sure = all[early ? S : N]! / Math.max(1e-9, all[N]! + all[S]!);
    return { sample, class: early ? "S" : "N", confidence: (1 - ventricular) * sure, paced };
  }

  /** What was learnt of the patient's shapes is forgotten. */
  forget(): void {
    this.state.opinion.fill(0);
    this.state.beats.fill(0);
    this.state.spikes = 0;
  }

  save(): Saved {
    return saved(this.state);
  }
}
