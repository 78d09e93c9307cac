/**
 * Gives beats their classes: a forest's opinion of the beat, and the mean of its opinions of all beats of that shape.
 * A single beat may be hidden by noise or come at an odd moment; a patient's ventricular beats look alike. Nothing is
 * called fusion: in patients whom the forest has not seen, most of what it took for fusion was ventricular.
 */
import { requireSound, restore, type Saved, saved } from "../state";
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
  /** Added for what differs as ventricular beats do: see {@link isWideAndEarly}. */
  different: number;
  /** Taken off, per unit of {@link Row.unclear} and of {@link Row.strange}. */
  unclear: number;
  strange: number;
  /** What lacks more clearness than this is not called supraventricular. */
  murky: number;
  /** Where intervals change by more than this from one to the next, they fibrillate, unless they say "early". */
  restless: number;
  /** Nothing is early against what its intervals say with less than these odds, as logarithm. */
  untimely: number;
}

export const JUDGE: JudgeTuning = {
  own: 0.3,
  shape: 1,
  half: 2,
  bias: 0.45,
  fusion: 1,
  earlyOdds: 0.8,
  early: 0.8,
  steady: 0.06,
  most: 5,
  different: 1,
  unclear: 4,
  strange: 0.4,
  murky: 0.4,
  restless: 0.15,
  untimely: -2.5,
};

/** A shape that is briefer and sharper than the usual one was conducted better, not worse. */
const BRIEFER = 0.8;
const SHARPER = 1.2;
const CONDUCTED = -4;
const SPREAD = FEATURES.indexOf("allSpread");
const SHARPNESS = FEATURES.indexOf("allSharpness");
/** A shape that correlates less with the usual one, and spreads more, is another one. */
const UNLIKE = 0.5;
const WIDER = 1.2;
const EARLY = 0.9;
/** A neighbour that correlates more with the usual shape has it: the signal can be read there. */
const USUAL = 0.85;
const LIKENESS = FEATURES.indexOf("allLikeness");
const LIKENESS_ALONE = FEATURES.indexOf("likeness");
const TIMED_EARLY = FEATURES.indexOf("timedEarly");
const LAST = FEATURES.indexOf("lastLikeness");
const NEXT = FEATURES.indexOf("nextLikeness");
const BEFORE = FEATURES.indexOf("before");
const TO_ALL = FEATURES.indexOf("beforeToAll");
const IRREGULAR = FEATURES.indexOf("irregular");
/** A shape's opinion follows its last beats, about so many. */
const MEMORY = 200;
/** How steeply a beat's teaching falls off where the signal becomes unclear. */
const TEACHING = 6;
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
    if (!resumed) return;
    restore(this.state, resumed, "classifying beats");
    const { opinion, beats, spikes } = this.state;
    requireSound("classifying beats", {
      opinion: opinion.every((odds) => Math.abs(odds) <= tuning.most + 1),
      beats: beats.every((count) => count >= 0 && count <= MEMORY),
      spikes: spikes >= 0 && spikes <= 1,
    });
  }

  /** @param rows each lead's, of the next beat */
  judge(rows: Rows): ClassifiedBeat {
    const { state, share, all, forests, tuning } = this;
    let odds = 0;
    let doubt = 0;
    let noise = Number.POSITIVE_INFINITY;
    let spike = false;
    for (let lead = 0; lead < rows.length; lead++) {
      const row = rows[lead]!;
      predict(forests.wide, row.features, share);
      const p = share[V]! + tuning.fusion * share[F]!;
      const own = Math.max(-tuning.most, Math.min(tuning.most, Math.log((p + 1e-6) / (1 - p + 1e-6))));
      const shape = lead * TEMPLATES + row.template;
      if (row.count === 1) {
        state.beats[shape] = 0;
        state.opinion[shape] = 0;
      }
      // What noise made must not teach what the patient's own shapes are.
      const teaching = 1 / (1 + Math.exp(TEACHING * row.unclear));
      const beats = Math.min(MEMORY, state.beats[shape]! + teaching);
      state.beats[shape] = beats;
      state.opinion[shape]! += (teaching * (own - state.opinion[shape]!)) / Math.max(beats, 1e-9);
      odds +=
        (tuning.own * own +
          tuning.shape * (beats / (beats + tuning.half)) * state.opinion[shape]! +
          tuning.bias +
          (isWideAndEarly(row.features) ? tuning.different : 0) +
          (row.features[SPREAD]! < BRIEFER && row.features[SHARPNESS]! > SHARPER ? CONDUCTED : 0)) /
        rows.length;
      doubt += (tuning.unclear * Math.max(0, row.unclear) + tuning.strange * row.strange) / rows.length;
      noise = Math.min(noise, row.unclear);
      if (row.spike) spike = true;
    }
    state.spikes += ((spike ? 1 : 0) - state.spikes) / PACED_BEATS;
    const paced = spike && state.spikes > 0.5;
    const ventricular = 1 / (1 + Math.exp(doubt - odds));
    const { sample, features, irregular } = rows[0]!;
    if (paced) return { sample, class: "Q", confidence: state.spikes, paced };
    if (odds > doubt) return { sample, class: "V", confidence: ventricular, paced };
    // Nobody can tell what noise hides, unless the complex is the usual one.
    const hidden = features[LIKENESS_ALONE]! < USUAL ? "Q" : "N";
    if (odds > 0) return { sample, class: hidden, confidence: 1 - ventricular, paced };
    // Only now, for it has nothing to say of what is ventricular or paced.
    all.fill(0);
    for (const row of rows) {
      predict(forests.early, row.features, share);
      for (let k = 0; k < share.length; k++) all[k]! += share[k]! / rows.length;
    }
    const early =
      all[S]! > tuning.earlyOdds * all[N]! ||
      (Math.max(features[BEFORE]!, features[TO_ALL]!) < tuning.early && features[IRREGULAR]! < tuning.steady);
    // No atrium that fibrillates is early.
    const timely = irregular <= tuning.restless ? tuning.untimely : 0;
    const atrial = early && features[TIMED_EARLY]! > timely;
    const confidence = ((1 - ventricular) * all[atrial ? S : N]!) / Math.max(1e-9, all[N]! + all[S]!);
    if (atrial && noise > tuning.murky) return { sample, class: hidden, confidence, paced };
    return { sample, class: atrial ? "S" : "N", confidence, paced };
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

/** Early, wider than the usual shape and unlike it, with a usual beat before or behind it that shows the lead's good. */
function isWideAndEarly(features: Float64Array): boolean {
  return (
    features[LIKENESS]! < UNLIKE &&
    features[SPREAD]! > WIDER &&
    features[BEFORE]! < EARLY &&
    Math.max(features[LAST]!, features[NEXT]!) > USUAL
  );
}
