/** Signals that were made up, hearts and what is none, with what may be said of them. */
import type { BeatClass } from "../../../gateway/rhythm/types";
import { Random } from "../../../tools/sim/random";
import { type InventedBeat, invented } from "./episodes/invented";

export const GAIN = 1000;
export const SECONDS = 90;
/** Of the front end, in millivolts. */
export const RAIL = 20;

/** A signal of {@link SECONDS} at a rate. */
export type Signal = (rate: number) => Int32Array;

export const beatsAt = (bpm: number, kind: BeatClass): InventedBeat[] =>
  Array.from({ length: Math.floor((SECONDS * bpm) / 60) }, (_, i) => ({
    at: 0.4 + (i * 60) / bpm,
    class: kind,
    atrial: kind === "N" && bpm < 150,
  }));

export const heart =
  (bpm: number, scale = 1, kind: BeatClass = "N"): Signal =>
  (rate) =>
    invented(beatsAt(bpm, kind), SECONDS, rate, GAIN).map((value) => Math.round(scale * value));

const wave =
  (millivolts: (seconds: number) => number): Signal =>
  (rate) =>
    Int32Array.from({ length: SECONDS * rate }, (_, i) => Math.round(GAIN * millivolts(i / rate)));

const sine = (hertz: number, millivolts = 1) => wave((t) => millivolts * Math.sin(2 * Math.PI * hertz * t));
const square = (hertz: number) => wave((t) => ((t * hertz) % 1 < 0.5 ? 1 : -1));
const triangle = (hertz: number) => wave((t) => 2 * Math.abs(2 * ((t * hertz) % 1) - 1) - 1);
const saw = (hertz: number) => wave((t) => 2 * ((t * hertz) % 1) - 1);
/** The same noise for whoever asks, however often. */
const noise =
  (millivolts: number): Signal =>
  (rate) => {
    const random = new Random("noise");
    return wave(() => millivolts * random.gaussian())(rate);
  };

const both =
  (one: Signal, other: Signal): Signal =>
  (rate) => {
    const more = other(rate);
    return one(rate).map((value, i) => value + more[i]!);
  };

/** Replaces what the heart does at some times. */
const meddled =
  (one: Signal, to: (value: number, seconds: number) => number): Signal =>
  (rate) =>
    one(rate).map((value, i) => to(value, i / rate));

/** Bells of so many seconds' width, and nothing else: what atria do when no ventricle answers. */
const bells =
  (every: number, millivolts: number, width: number): Signal =>
  (rate) => {
    const random = new Random("bells");
    return wave((t) => {
      const away = (t % every) - every / 2;
      return millivolts * Math.exp(-(away ** 2) / (2 * width ** 2)) + 0.01 * random.gaussian();
    })(rate);
  };

/** A pacemaker's spikes of two milliseconds, a sample at least, and what its electrode keeps of them. */
const spikes =
  (bpm: number, millivolts: number, kept: number): Signal =>
  (rate) => {
    const random = new Random("spikes");
    return wave((t) => {
      const since = (t + 0.1) % (60 / bpm);
      const spike = since < Math.max(0.002, 1 / rate) ? millivolts : -kept * Math.exp(-since / 0.02);
      return spike + 0.01 * random.gaussian();
    })(rate);
  };

/** Fibrillation of the ventricles: waves of four to six a second that swell and fade and never rest. */
const ventricularFibrillation: Signal = (rate) => {
  const random = new Random("ventricular fibrillation");
  let [hertz, height, phase] = [5, 0.6, 0];
  return Int32Array.from({ length: SECONDS * rate }, () => {
    const swing = Math.sqrt(250 / rate);
    hertz += swing * (0.02 * random.gaussian()) + (0.5 * (5 - hertz)) / rate;
    height += swing * (0.005 * random.gaussian()) + (0.5 * (0.6 - height)) / rate;
    phase += (2 * Math.PI * hertz) / rate;
    return Math.round(GAIN * height * (Math.sin(phase) + 0.3 * Math.sin(1.7 * phase + 1)));
  });
};

const leaps: Signal = (rate) => {
  const random = new Random("leaps");
  let [level, next] = [0, 0];
  return wave((t) => {
    if (t >= next) [level, next] = [2 * random.gaussian(), next + random.between([1, 5])];
    return level;
  })(rate);
};

/** What may be said of all of a signal; pauses and runs are looked at where they belong. */
export const TABLE: [name: string, signal: Signal, expected: string[]][] = [
  ["a flat line", wave(() => 0), ["unreadable"]],
  ["a line on the rail", wave(() => RAIL), ["unreadable"]],
  ["an amplifier's own noise", noise(0.005), ["unreadable"]],
  ["white noise of 20 µV", noise(0.02), ["unreadable"]],
  ["white noise of 0.4 mV", noise(0.4), ["unreadable"]],
  ["50 Hz", sine(50), ["unreadable"]],
  ["60 Hz", sine(60), ["unreadable"]],
  ["an ECG under 0.3 mV of 50 Hz", both(heart(75), sine(50, 0.3)), ["sinus"]],
  ["an ECG under 0.3 mV of 60 Hz", both(heart(75), sine(60, 0.3)), ["sinus"]],
  ["an ECG under 4 mV of 50 Hz", both(heart(75), sine(50, 4)), ["unreadable"]],
  ["a square wave of 1 Hz", square(1), ["unreadable"]],
  ["a square wave of 2 Hz", square(2), ["unreadable"]],
  ["a square wave of 0.1 Hz", square(0.1), ["unreadable"]],
  ["a triangle of 1 Hz", triangle(1), ["unreadable"]],
  ["a triangle of 2 Hz", triangle(2), ["unreadable"]],
  ["a saw of 1 Hz", saw(1), ["unreadable"]],
  ["a saw of 2 Hz", saw(2), ["unreadable"]],
  ...[0.3, 1, 1.2, 2, 3, 4.17, 5, 8, 15].map((hertz): [string, Signal, string[]] => [
    `a sine of ${hertz} Hz`,
    sine(hertz),
    ["unreadable"],
  ]),
  ["leaps", leaps, ["unreadable"]],
  ["rail to rail", wave((t) => ((0.7 * t) % 1 < 0.5 ? RAIL : -RAIL)), ["unreadable"]],
  ["P waves only", bells(0.8, 0.15, 0.025), ["unreadable"]],
  ["slow P waves only", bells(1.5, 0.2, 0.04), ["unreadable"]],
  ["a pacemaker that nothing answers", spikes(70, 3, 0), ["unreadable"]],
  ["a pacemaker that leaves its electrode charged", spikes(70, 6, 0.3), ["unreadable"]],
  ["a tremor of 5 Hz over an ECG", both(heart(75), sine(5, 0.4)), ["sinus"]],
  [
    "an electrode that is off half of the time",
    meddled(heart(75), (v, t) => (t % 4 < 2 ? v : RAIL * GAIN)),
    ["sinus", "unreadable"],
  ],
  [
    "an electrode that is off in half of each second",
    meddled(heart(75), (v, t) => (t % 1 < 0.5 ? v : 5 * GAIN)),
    ["unreadable"],
  ],
  ["ventricular fibrillation", ventricularFibrillation, ["tachy", "unreadable"]],
  ["a wide tachycardia", heart(180, 1, "V"), ["tachy"]],
  ["250 wide complexes a minute", heart(250, 1, "V"), ["tachy", "unreadable"]],
  ["40 wide complexes a minute", heart(40, 1, "V"), ["brady"]],
  ["an ECG", heart(75), ["sinus"]],
  ["an ECG upside down", heart(75, -1), ["sinus"]],
  ["an ECG of 0.1 mV", heart(75, 0.1), ["sinus"]],
  ["an ECG of 10 mV", heart(75, 10), ["sinus"]],
  ["20 beats a minute", heart(20), ["brady"]],
  ["30 beats a minute", heart(30), ["brady"]],
  ["120 beats a minute", heart(120), ["tachy"]],
  ["250 beats a minute", heart(250), ["tachy"]],
  ["300 beats a minute", heart(300), ["tachy"]],
];
