/** Electrocardiograms whose waves are known, and what should be measured on them. */

import type { Stretch } from "../../../../gateway/rhythm/intervals/measure";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import { LEADS } from "../../../../tools/sim/ecg/leads";
import type { EcgSettings } from "../../../../tools/sim/ecg/settings";
import { wavesOf } from "../../../../tools/sim/ecg/waves";
import { Random } from "../../../../tools/sim/random";

export interface Known {
  pr: number;
  qrs: number;
  qt: number;
}

/** The tangent at a Gaussian's steepest point meets its baseline two standard deviations from its middle. */
const TANGENT = 2;
/** Where a complex's first and last waves are 4 % of their height: what an eye takes for the begin. */
const FOOT = 2.5;

export function knownIntervals(heartRateBpm: number): Known {
  const [p, q, , s, t] = wavesOf("N", false, 60 / heartRateBpm, LEADS.slice(0, 1));
  const at = (wave: typeof p, deviations: number) => 1000 * (wave!.seconds + deviations * wave!.sigmaSeconds);
  const qrs = at(q, -FOOT);
  return { pr: qrs - at(p, -TANGENT), qrs: at(s, FOOT) - qrs, qt: at(t, TANGENT) - qrs };
}

/** With the generator's own beats. */
export function generated(settings: Partial<EcgSettings>, seconds: number): Stretch {
  const ecg = new EcgGenerator(settings);
  const { rate, gainCountsPerMillivolt } = ecg.settings;
  const leads = ecg.read(seconds * rate);
  const beats = ecg.takeBeats().map(({ sample, code }) => ({ sample, class: code }));
  return { rate, leads, gains: leads.map(() => gainCountsPerMillivolt), beats };
}

/** A beat drawn with straight flanks, so that its complex begins and ends where it is said to. Seconds from R, millivolts. */
export interface Drawing {
  rate: number;
  rr: number;
  /** Raised cosines, from begin to end. */
  p?: { from: number; to: number; height: number };
  t?: { from: number; to: number; height: number };
  /** Corners of the complex, the first and last of which are 0 mV high. */
  complex: [number, number][];
  noise?: number;
  seed?: number;
}

export const NORMAL_COMPLEX: [number, number][] = [
  [-0.045, 0],
  [-0.03, -0.12],
  [0, 1.1],
  [0.025, -0.25],
  [0.045, 0],
];

/** From the middle of a raised cosine to where the tangent at its steepest point meets the baseline, by half widths. */
export const COSINE_TANGENT = 0.5 + 1 / Math.PI;

/** The begin or end of such a wave as a tangent tells it. */
export function cosineEdge(wave: { from: number; to: number }, side: -1 | 1): number {
  return (wave.from + wave.to) / 2 + (side * COSINE_TANGENT * (wave.to - wave.from)) / 2;
}

/** @param drawings one per lead, alike in all but their waves and noise */
export function drawn(drawings: Drawing[], seconds: number): Stretch {
  const { rate, rr, seed = 1 } = drawings[0]!;
  const gain = 1000;
  const beats: Stretch["beats"] = [];
  const centres: number[] = [];
  // Beats fall between samples, as they do.
  for (let at = 0.61803; at < seconds; at += rr) {
    centres.push(at);
    beats.push({ sample: Math.round(at * rate), class: "N" });
  }
  const leads = drawings.map((drawing, lead) => {
    const random = new Random(seed).fork(`lead ${lead}`);
    const signal = new Int32Array(seconds * rate);
    for (let i = 0; i < signal.length; i++) {
      let value = (drawing.noise ?? 0) * random.gaussian();
      const near = Math.round((i / rate - 0.61803) / rr);
      for (let k = Math.max(0, near - 1); k <= Math.min(centres.length - 1, near + 1); k++)
        value += heightAt(drawing, i / rate - centres[k]!);
      signal[i] = Math.round(gain * value);
    }
    return signal;
  });
  return { rate, leads, gains: leads.map(() => gain), beats };
}

function heightAt({ p, t, complex }: Drawing, at: number): number {
  let height = 0;
  for (const wave of [p, t])
    if (wave && at > wave.from && at < wave.to)
      height += (wave.height / 2) * (1 - Math.cos((2 * Math.PI * (at - wave.from)) / (wave.to - wave.from)));
  for (let k = 1; k < complex.length; k++) {
    const [[from, low], [to, high]] = [complex[k - 1]!, complex[k]!];
    if (at >= from && at < to) height += low + ((high - low) * (at - from)) / (to - from);
  }
  return height;
}
