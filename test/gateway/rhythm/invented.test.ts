import assert from "node:assert/strict";
import { Analysis } from "../../../gateway/rhythm/analysis";
import type { Finding } from "../../../gateway/rhythm/findings";
import { Random } from "../../../tools/sim/random";
import { invented } from "./episodes/invented";

const RATE = 250;
const GAIN = 1000;
const SECONDS = 120;

const heart = (bpm: number, scale = 1) =>
  invented(
    Array.from({ length: Math.floor((SECONDS * bpm) / 60) }, (_, i) => ({
      at: 0.4 + (i * 60) / bpm,
      class: "N" as const,
      atrial: bpm < 150,
    })),
    SECONDS,
    RATE,
    GAIN,
  ).map((value) => Math.round(scale * value));

const wave = (of: (seconds: number) => number) =>
  Int32Array.from({ length: SECONDS * RATE }, (_, i) => Math.round(GAIN * of(i / RATE)));

/** What is said of whole signals; where minutes are missing, minute by minute. */
function rhythmsOf(signal: Int32Array, gapEachMinute = false): string[] {
  const analysis = new Analysis({ rate: RATE, gain: GAIN });
  const found: Finding[] = [];
  for (let at = 0; at < signal.length; at += 60 * RATE) {
    found.push(...analysis.push(signal.subarray(at, at + 60 * RATE)).episodes);
    if (gapEachMinute) found.push(...analysis.gap(3 * RATE).episodes);
  }
  found.push(...analysis.end().episodes);
  return [...new Set(found.map(({ rhythm }) => rhythm))];
}

describe("signals that were made up are named for what they are", function () {
  this.timeout(60_000);
  const random = new Random("signals");
  const table: [string, () => Int32Array, string[], boolean?][] = [
    ["a flat line", () => wave(() => 0), ["unreadable"]],
    ["50 Hz", () => wave((t) => Math.sin(2 * Math.PI * 50 * t)), ["unreadable"]],
    ["white noise", () => wave(() => 0.4 * random.gaussian()), ["unreadable"]],
    ["an ECG", () => heart(75), ["sinus"]],
    ["an ECG upside down", () => heart(75, -1), ["sinus"]],
    ["an ECG of 0.1 mV", () => heart(75, 0.1), ["sinus"]],
    ["an ECG of 10 mV", () => heart(75, 10), ["sinus"]],
    ["300 beats a minute", () => heart(300), ["tachy"]],
    ["a gap every minute", () => heart(75), ["sinus"], true],
  ];
  for (const [name, signal, expected, gaps] of table)
    it(`${name}: ${expected.join(", ")}`, () => assert.deepEqual(rhythmsOf(signal(), gaps), expected));
});
