/** From measured records to the forests that class beats. */
import { FEATURES, OWN_FEATURES } from "../../../gateway/rhythm/beats/features";
import { type BeatForests, CLASSES } from "../../../gateway/rhythm/beats/judge";
import { Random } from "../../sim/random";
import { type ForestSettings, growForest, meanForest, type Samples } from "../forest";
import type { MeasuredRecord } from "./rows";

const SETTINGS: ForestSettings = {
  classes: CLASSES.length,
  rounds: 50,
  leaves: 6,
  learning: 0.15,
  least: 2,
  lambda: 5,
  samples: 0.7,
  features: 0.3,
};

/** Normal beats are many and alike: of each record about so many are enough. */
const NORMAL = 400;
/** A class of a record weighs as its beats' number to this power: a record with many must not rule. */
const POWER = 0.6;

/** Forests whose mean says what is ventricular: one alone differs with its seed by some hundred beats of DS1. */
const BAGS = 3;

export function train(records: MeasuredRecord[], seed: string): BeatForests {
  // What intervals alone say of ventricular beats misleads in fibrillation.
  const wide = { ...SETTINGS, columns: OWN_FEATURES };
  const random = new Random(seed);
  const samples = samplesOf(records, random);
  const bags = [growForest(samples, wide, random)];
  const early = growForest(samples, SETTINGS, random);
  while (bags.length < BAGS) {
    const other = new Random(`${seed}${bags.length}`);
    bags.push(growForest(samplesOf(records, other), wide, other));
  }
  return { wide: meanForest(bags), early };
}

function samplesOf(records: MeasuredRecord[], random: Random): Samples {
  const width = FEATURES.length;
  const values: Float64Array[] = [];
  const label: number[] = [];
  const weight: number[] = [];
  for (const { rows, labels } of records) {
    for (let k = 0; k < CLASSES.length; k++) {
      const all = rows.filter((_, index) => labels[index] === k);
      const share = k === 0 ? Math.min(1, NORMAL / all.length) : 1;
      const chosen = all.filter(() => random.chance(share));
      for (const { features } of chosen) {
        values.push(features);
        label.push(k);
        weight.push(all.length ** POWER / chosen.length);
      }
    }
  }
  const flat = new Float64Array(values.length * width);
  values.forEach((each, index) => {
    flat.set(each, index * width);
  });
  return { values: flat, width, label: Uint8Array.from(label), weight: Float64Array.from(weight) };
}
