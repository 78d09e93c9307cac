/** Hearts whose rhythm is known because they were made up: what is irregular without fibrillating, and what fibrillates at any rate. */
import assert from "node:assert/strict";
import { followRhythm } from "../../../../gateway/rhythm/score/rhythm";
import type { BeatClass } from "../../../../gateway/rhythm/types";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import { Random } from "../../../../tools/sim/random";
import { type InventedBeat, invented } from "./invented";

const RATE = 250;
const GAIN = 1000;

const lead = (signal: Int32Array) => ({ settings: { rate: RATE, gain: GAIN, lead: "I" }, pieces: [signal] });
const SECONDS = 150;
const SEED = 20261130;

interface Heart {
  /** Seconds from the beat with that number, at that time, to the next. */
  interval: (i: number, at: number) => number;
  kind?: (i: number) => BeatClass;
  atrial?: (i: number) => boolean;
}

function beatsOf({ interval, kind, atrial }: Heart): InventedBeat[] {
  const beats: InventedBeat[] = [];
  for (let at = 0.5, i = 0; at < SECONDS; at += interval(i, at), i++)
    beats.push({ at, class: kind?.(i) ?? "N", atrial: atrial?.(i) ?? true });
  return beats;
}

/** Share of the time that is said to be possible fibrillation. */
function afShare(signal: Int32Array): number {
  const found = followRhythm(lead(signal)).filter(({ rhythm }) => rhythm === "af");
  return found.reduce((sum, { from, to }) => sum + to - from, 0) / signal.length;
}

const drawn = (heart: Heart) => invented(beatsOf(heart), SECONDS, RATE, GAIN);

/** Whether each of many beats is premature: never two in a row. */
function premature(random: Random, share: number): boolean[] {
  const found: boolean[] = [];
  while (found.length < 600) found.push(!found.at(-1) && random.chance(share));
  return found;
}

/** Intervals of blocks of two to four conducted beats, each a little sooner than the one before, then one that is dropped. */
function wenckebach(random: Random): number[] {
  const found: number[] = [];
  while (found.length < 500) {
    const conducted = 2 + random.int(3);
    for (let k = 0; k < conducted; k++) found.push(0.9 - 0.05 * k);
    found.push(1.35);
  }
  return found;
}

/** Breathing as a young heart follows it. @param rmssd milliseconds, about */
const breathing = (random: Random, rmssd: number) => (_: number, at: number) => {
  // RMSSD of a sine of 0.22 Hz sampled every 0.88 s: its amplitude times √2 · sin(π · 0.22 · 0.88), noise left out.
  const amplitude = rmssd / 1000 / (Math.SQRT2 * Math.sin(Math.PI * 0.22 * 0.88));
  return 0.88 + amplitude * Math.sin(2 * Math.PI * 0.22 * at) + 0.015 * random.gaussian();
};

/** A ventricle that a pacemaker drives when nothing came for a second; else conducted at random. */
function paced(random: Random): Int32Array {
  const intervals: number[] = [];
  const kinds: BeatClass[] = ["N"];
  for (let i = 0; i < 500; i++) {
    const conducted = 0.45 - 0.35 * Math.log(1 - random.next());
    intervals.push(Math.min(1, conducted));
    kinds.push(conducted > 1 ? "V" : "N");
  }
  const beats = beatsOf({
    interval: (i) => intervals[i]!,
    kind: (i) => kinds[i]!,
    atrial: () => false,
  });
  const signal = invented(beats, SECONDS, RATE, GAIN);
  for (const { at, class: kind } of beats)
    if (kind === "V") signal[Math.round((at - 0.06) * RATE)]! += 1.5 * GAIN;
  return signal;
}

function generated(settings: { af?: boolean; heartRateBpm: number; svePerMinute?: number }): Int32Array {
  const noiseMillivolts = { baseline: 0.05, mains: 0.01, muscle: 0.01 };
  const fixed = { rate: RATE, gainCountsPerMillivolt: GAIN, seed: SEED, noiseMillivolts };
  return new EcgGenerator({ ...fixed, ...settings }).read(SECONDS * RATE)[0]!;
}

describe(`hearts that were made up (seed ${SEED})`, function () {
  const random = new Random(SEED);
  const jitter = () => 0.015 * random.gaussian();
  const early = premature(random, 0.18);
  const dropped = wenckebach(random);

  const irregular: [string, () => Int32Array][] = [
    [
      "a young heart that follows its breath, RMSSD 120 ms",
      () => drawn({ interval: breathing(random, 120) }),
    ],
    ["the same, RMSSD 160 ms", () => drawn({ interval: breathing(random, 160) })],
    [
      "bigeminy",
      () =>
        drawn({
          interval: (i) => (i % 2 ? 1.1 : 0.55) + jitter(),
          kind: (i) => (i % 2 ? "V" : "N"),
          atrial: (i) => i % 2 === 0,
        }),
    ],
    [
      "trigeminy",
      () =>
        drawn({
          interval: (i) => [0.8, 0.5, 1.1][i % 3]! + jitter(),
          kind: (i) => (i % 3 === 2 ? "V" : "N"),
        }),
    ],
    ["atrial bigeminy", () => drawn({ interval: (i) => (i % 2 ? 0.95 : 0.55) + jitter() })],
    [
      "premature atrial beats at random",
      () => drawn({ interval: (i) => (early[i + 1] ? 0.5 : early[i] ? 0.9 : 0.8) + 2 * jitter() }),
    ],
    ["atrial beats that are blocked", () => drawn({ interval: (i) => (early[i] ? 1.25 : 0.8) + jitter() })],
    ["Wenckebach's block, 4 to 3", () => drawn({ interval: (i) => [0.86, 0.78, 1.3][i % 3]! + jitter() })],
    ["Wenckebach's block that varies", () => drawn({ interval: (i) => dropped[i]! + jitter() })],
    ["premature beats of the generator", () => generated({ heartRateBpm: 75, svePerMinute: 12 })],
  ];
  for (const [name, signal] of irregular)
    it(`no fibrillation: ${name}`, () => assert.equal(afShare(signal()), 0));

  const fibrillating: [string, () => Int32Array][] = [
    ...[50, 75, 110, 150].map((bpm): [string, () => Int32Array] => [
      `${bpm} a minute, with fibrillatory waves`,
      () => generated({ af: true, heartRateBpm: bpm }),
    ]),
    [
      "150 a minute, without such waves",
      () => drawn({ interval: () => Math.max(0.25, 0.4 + 0.08 * random.gaussian()), atrial: () => false }),
    ],
    [
      "50 a minute, without such waves",
      () => drawn({ interval: () => Math.max(0.6, 1.2 + 0.28 * random.gaussian()), atrial: () => false }),
    ],
    ["with a pacemaker on demand", () => paced(random)],
  ];
  for (const [name, signal] of fibrillating)
    it(`fibrillation: ${name}`, () => assert.ok(afShare(signal()) > 0.75));

  it("a wave of the atria before every complex speaks against it", () => {
    const intervals = Array.from({ length: 500 }, () => Math.max(0.4, 0.8 + 0.13 * random.gaussian()));
    const share = (atrial: boolean) =>
      afShare(drawn({ interval: (i) => intervals[i]!, atrial: () => atrial }));
    assert.ok(share(false) > 0.9);
    assert.ok(share(true) < 0.1);
  });

  it("a paroxysm of 15 s begins and ends within three beats of where it does", () => {
    const [from, to] = [66, 81];
    const fast = (at: number) => at >= from && at < to;
    const beats = beatsOf({
      interval: (_, at) => (fast(at) ? Math.max(0.32, 0.55 + 0.14 * random.gaussian()) : 0.85 + jitter()),
    });
    const signal = invented(
      beats.map((beat) => ({ ...beat, atrial: !fast(beat.at) })),
      SECONDS,
      RATE,
      GAIN,
    );
    const found = followRhythm(lead(signal)).filter(({ rhythm }) => rhythm === "af");
    assert.equal(found.length, 1);
    const beatsBetween = (a: number, b: number) =>
      beats.filter(({ at }) => at > Math.min(a, b) + 0.05 && at < Math.max(a, b) - 0.05).length;
    assert.ok(beatsBetween(found[0]!.from / RATE, from) <= 3, `from ${found[0]!.from / RATE}`);
    assert.ok(beatsBetween(found[0]!.to / RATE, to) <= 3, `to ${found[0]!.to / RATE}`);
  });
});
