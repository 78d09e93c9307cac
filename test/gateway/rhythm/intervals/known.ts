/** Electrocardiograms whose waves are known, and what should be measured on them. */

import type { Stretch } from "../../../../gateway/rhythm/intervals/measure";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import { LEADS } from "../../../../tools/sim/ecg/leads";
import type { EcgSettings } from "../../../../tools/sim/ecg/settings";
import { wavesOf } from "../../../../tools/sim/ecg/waves";

export interface Known {
  pr: number;
  qrs: number;
  qt: number;
}

/** The tangent at a Gaussian's steepest point meets its baseline two standard deviations from its middle. */
const TANGENT = 2;

export function knownIntervals(heartRateBpm: number): Known {
  const [p, q, , s, t] = wavesOf("N", false, 60 / heartRateBpm, LEADS.slice(0, 1));
  const begin = (wave: typeof p) => 1000 * (wave!.seconds - TANGENT * wave!.sigmaSeconds);
  const end = (wave: typeof p) => 1000 * (wave!.seconds + TANGENT * wave!.sigmaSeconds);
  return { pr: begin(q) - begin(p), qrs: end(s) - begin(q), qt: end(t) - begin(q) };
}

/** With the generator's own beats. */
export function generated(settings: Partial<EcgSettings>, seconds: number): Stretch {
  const ecg = new EcgGenerator(settings);
  const { rate, gainCountsPerMillivolt } = ecg.settings;
  const leads = ecg.read(seconds * rate);
  const beats = ecg.takeBeats().map(({ sample, code }) => ({ sample, class: code }));
  return { rate, leads, gains: leads.map(() => gainCountsPerMillivolt), beats };
}
