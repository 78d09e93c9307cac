import assert from "node:assert/strict";
import { RhythmTracker } from "../../../../gateway/rhythm/episodes/tracker";
import { QualityMeter } from "../../../../gateway/rhythm/quality";
import { followRhythm } from "../../../../gateway/rhythm/score/rhythm";
import type { Saved } from "../../../../gateway/rhythm/state";
import type { Beat, BeatClass, Episode, Rhythm } from "../../../../gateway/rhythm/types";
import { Random } from "../../../../tools/sim/random";
import { type InventedBeat, invented } from "./invented";
import { joined } from "./joined";

const RATE = 250;
const GAIN = 1000;

const lead = (signal: Int32Array) => ({ settings: { rate: RATE, gain: GAIN, lead: "I" }, pieces: [signal] });

/** A rhythm from intervals in seconds; the class of a beat may differ. */
function beatsOf(intervals: number[], classes: (index: number) => BeatClass = () => "N"): InventedBeat[] {
  let at = 0.4;
  return intervals.map((interval, i) => {
    const beat = { at, class: classes(i), atrial: true };
    at += interval;
    return beat;
  });
}

function track(beats: InventedBeat[], seconds: number, signal = invented(beats, seconds, RATE, GAIN)) {
  const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
  const quality = new QualityMeter({ rate: RATE, gain: GAIN }).push(signal);
  return [...tracker.push(signal, known(beats), quality), ...tracker.end([], [])];
}

const known = (beats: InventedBeat[]): Beat[] =>
  beats.map(({ at, class: kind }) => ({ sample: Math.round(at * RATE), class: kind, confidence: 1 }));

const shareOf = (episodes: Episode[], rhythm: Rhythm, seconds: number) =>
  episodes
    .filter((episode) => episode.rhythm === rhythm)
    .reduce((sum, { from, to }) => sum + (to - from) / RATE / seconds, 0);

const times = (count: number, interval: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => interval(i));

describe("rhythm followed over a lead", () => {
  const random = new Random(20261128);
  const calm = () => times(400, (i) => 0.8 + 0.03 * Math.sin(i / 2.5) + 0.005 * random.gaussian());

  it("is sinus where beats are regular, with its rate", () => {
    const episodes = joined(track(beatsOf(calm()), 180));
    assert.deepEqual(
      episodes.map(({ rhythm, from, to }) => [rhythm, from, to]),
      [["sinus", 0, 180 * RATE]],
    );
    assert.ok(Math.abs(episodes[0]!.rate - 75) < 2, `${episodes[0]!.rate}`);
  });

  it("is fibrillation where intervals are random and no wave comes before the complexes", () => {
    const beats = beatsOf(times(500, () => 0.65 + 0.16 * random.gaussian()).map((s) => Math.max(0.33, s)));
    const episodes = track(
      beats.map((beat) => ({ ...beat, atrial: false })),
      180,
    );
    assert.ok(shareOf(episodes, "af", 180) > 0.9, JSON.stringify(joined(episodes)));
  });

  it("says how fast fibrillation is also where the signal ends right behind a window", () => {
    // Calm for a few beats now and then: where a part of the window lies is looked for.
    const swing = (i: number) => (i % 45 < 10 ? 0.01 : 0.16);
    const intervals = times(300, (i) => Math.max(0.33, 0.65 + swing(i) * random.gaussian()));
    const wild = beatsOf(intervals).map((beat) => ({ ...beat, atrial: false }));
    for (const seconds of [90.2, 90.4, 90.8, 91.2, 92]) {
      const seen = wild.filter(({ at }) => at < seconds);
      const last = track(seen, seconds).at(-1)!;
      assert.deepEqual([last.rhythm, last.to], ["af", Math.round(seconds * RATE)]);
      assert.ok(last.rate > 60 && last.rate < 150, `${last.rate} a minute, ended after ${seconds} s`);
    }
  });

  for (const [name, interval, rhythm] of [
    ["fast", 0.45, "tachy"],
    ["slow", 1.5, "brady"],
  ] as const)
    it(`is ${rhythm} where beats are ${name}`, () => {
      const episodes = joined(track(beatsOf(times(400, () => interval + 0.008 * random.gaussian())), 120));
      assert.deepEqual(
        episodes.map((episode) => episode.rhythm),
        [rhythm],
      );
    });

  it("is frequent ectopy, not fibrillation, where every third beat comes early and wide", () => {
    const beats = beatsOf(
      times(400, (i) => [0.8, 0.5, 1.1][i % 3]! + 0.01 * random.gaussian()),
      (i) => (i % 3 === 2 ? "V" : "N"),
    );
    const episodes = track(beats, 180);
    assert.ok(shareOf(episodes, "ectopy", 180) > 0.99, JSON.stringify(joined(episodes)));
  });

  it("finds a pause with its place and length", () => {
    const beats = beatsOf(calm().map((interval, i) => (i === 50 ? 2.6 : interval)));
    const pauses = track(beats, 120).filter(({ rhythm }) => rhythm === "pause");
    assert.equal(pauses.length, 1);
    assert.equal(pauses[0]!.from, Math.round(beats[50]!.at * RATE));
    assert.equal(pauses[0]!.to, Math.round(beats[51]!.at * RATE));
  });

  it("takes no electrode that lost its contact for a heart that pauses", () => {
    const beats = beatsOf(times(100, (i) => (i === 50 ? 3.2 : 0.8)));
    const { at } = beats[50]!;
    const pausesOf = (volts: (seconds: number) => number) => {
      const signal = invented(beats, 120, RATE, GAIN);
      for (let i = 0; i < signal.length; i++) signal[i]! += Math.round(GAIN * volts(i / RATE - at));
      return track(beats, 120, signal).filter(({ rhythm }) => rhythm === "pause").length;
    };
    // Charged within a tenth of a second, and relaxing in one; breathing of half a millivolt from top to bottom.
    const lost = (seconds: number) => (seconds < 0.2 ? 0 : 2.5 * Math.exp(0.2 - seconds));
    const breathing = (seconds: number) => 0.25 * Math.sin((2 * Math.PI * seconds) / 4);
    assert.equal(pausesOf(lost), 0);
    assert.equal(
      pausesOf((seconds) => -lost(seconds)),
      0,
    );
    assert.equal(pausesOf(breathing), 1);
  });

  it("joins windows of one rhythm, with means by time, but not pauses in a row", () => {
    const episode = (from: number, to: number, rhythm: Rhythm, rate: number) => ({
      from,
      to,
      rhythm,
      confidence: 1,
      rate,
    });
    assert.deepEqual(
      joined([
        episode(5, 8, "pause", 20),
        episode(8, 11, "pause", 20),
        episode(0, 30, "brady", 40),
        episode(30, 40, "brady", 48),
        episode(40, 70, "sinus", 60),
      ]),
      [
        episode(0, 40, "brady", 42),
        episode(5, 8, "pause", 20),
        episode(8, 11, "pause", 20),
        episode(40, 70, "sinus", 60),
      ],
    );
  });

  it("finds a run of ventricular beats across two windows", () => {
    const beats = beatsOf(
      calm().map((interval, i) => (i >= 34 && i < 40 ? 0.4 : interval)),
      (i) => (i > 34 && i <= 40 ? "V" : "N"),
    );
    const runs = track(beats, 120).filter(({ rhythm }) => rhythm === "vrun");
    assert.equal(runs.length, 1);
    assert.equal(runs[0]!.from, Math.round(beats[35]!.at * RATE));
    assert.equal(runs[0]!.to, Math.round(beats[40]!.at * RATE) + 1);
    assert.ok(Math.abs(runs[0]!.rate - 150) < 3);
  });

  it("never finds a run across a gap, nor across what could not be read", () => {
    const beats = beatsOf(calm(), (i) => (i >= 25 && i <= 30 ? "V" : "N"));
    const signal = invented(beats, 60, RATE, GAIN);
    const [before, behind] = [beats[26]!, beats[29]!].map(({ at }) => Math.round(at * RATE)) as [
      number,
      number,
    ];
    const whole = known(beats).filter(({ sample }) => sample < 60 * RATE);
    const seen = whole.filter(({ sample }) => sample <= before || sample >= behind);
    const runs = (bad: { from: number; to: number }[]) => {
      const meter = new QualityMeter({ rate: RATE, gain: GAIN });
      const quality = meter.push(signal).map((second) => ({
        ...second,
        analysable: !bad.some(({ from, to }) => second.from < to && second.to > from),
      }));
      const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
      const episodes = [...tracker.push(signal, seen, quality), ...tracker.end([], [])];
      return episodes.filter(({ rhythm }) => rhythm === "vrun").length;
    };
    assert.equal(runs([]), 1);
    assert.equal(runs([{ from: before + 0.3 * RATE, to: behind - 0.3 * RATE }]), 0);
    const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
    const at = before + 0.4 * RATE;
    const missing = behind - 0.4 * RATE - at;
    const episodes = [
      ...tracker.push(signal.subarray(0, at), [], []),
      ...tracker.gap(
        missing,
        seen.filter(({ sample }) => sample <= before),
        [],
      ),
      ...tracker.push(
        signal.subarray(at + missing),
        seen.filter(({ sample }) => sample >= behind),
        [],
      ),
      ...tracker.end([], []),
    ];
    assert.ok(!episodes.some(({ rhythm }) => rhythm === "vrun"));
  });

  it("is as sure of a run as of its beats, on average", () => {
    const beats = beatsOf(calm(), (i) => ((i > 10 && i <= 14) || (i > 30 && i <= 33) ? "V" : "N"));
    const signal = invented(beats, 60, RATE, GAIN);
    const sure = known(beats).map((beat, i) => ({ ...beat, confidence: i % 2 === 0 ? 0.9 : 0.6 }));
    const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
    const episodes = [...tracker.push(signal, sure, []), ...tracker.end([], [])];
    const runs = episodes.filter(({ rhythm }) => rhythm === "vrun");
    assert.deepEqual(
      runs.map(({ confidence }) => confidence.toFixed(6)),
      ["0.750000", "0.700000"],
    );
  });

  it("reports a run in the first five seconds only if it is long", () => {
    const runs = (from: number, count: number) => {
      const beats = beatsOf(calm(), (i) => (i >= from && i < from + count ? "V" : "N"));
      return track(beats, 40).filter(({ rhythm }) => rhythm === "vrun").length;
    };
    assert.deepEqual([runs(2, 5), runs(2, 6), runs(8, 5)], [0, 1, 1]);
  });

  it("reports no run of whose beats it is hardly sure", () => {
    const beats = beatsOf(calm(), (i) => (i > 10 && i <= 14 ? "V" : "N"));
    const signal = invented(beats, 60, RATE, GAIN);
    for (const [confidences, count] of [
      [[0.9, 0.55, 0.55, 0.55], 0],
      [[0.9, 0.7, 0.55, 0.55], 1],
      [[0.51, 0.51, 0.51, 0.51], 0],
      [[1, 1, 1, 1], 1],
    ] as const) {
      const unsure = known(beats).map((beat, i) => ({ ...beat, confidence: confidences[i - 11] ?? 1 }));
      const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
      const episodes = [...tracker.push(signal, unsure, []), ...tracker.end([], [])];
      assert.equal(episodes.filter(({ rhythm }) => rhythm === "vrun").length, count, `${confidences}`);
    }
  });

  describe("of beats that are doubted, as those of flutter are", () => {
    /** Calm, then intervals that follow one another from its twentieth beat on, then calm. */
    const doubted = (intervals: number[], classes: (k: number) => BeatClass = () => "Q") => {
      const count = intervals.length;
      const beats = beatsOf([...calm().slice(0, 20), ...intervals, ...calm().slice(0, 60)], (i) =>
        i > 19 && i <= 19 + count ? classes(i - 20) : "N",
      );
      const runs = track(beats, 40).filter(({ rhythm }) => rhythm === "vrun");
      return runs.map(({ from, to, confidence }) => [
        beats.findIndex(({ at }) => Math.round(at * RATE) === from) - 20,
        beats.findIndex(({ at }) => Math.round(at * RATE) === to - 1) - 20,
        Number(confidence.toFixed(3)),
      ]);
    };

    // The doubted beat k begins the interval k.
    it("finds a run where six and more of them are fast and steady", () => {
      assert.deepEqual(doubted(times(9, () => 0.3)), [[0, 8, 0.5]]);
      assert.deepEqual(doubted(times(5, () => 0.3)), []);
      assert.deepEqual(doubted(times(9, () => 0.45)), []);
      assert.deepEqual(doubted(times(9, (k) => (k % 2 === 0 ? 0.22 : 0.36))), []);
    });

    it("goes on with a run that began with beats that are not doubted", () => {
      assert.deepEqual(
        doubted(
          times(9, () => 0.3),
          (k) => (k < 3 ? "V" : "Q"),
        ),
        [[0, 8, 0.667]],
      );
      // Late, they are no part of it.
      assert.deepEqual(
        doubted(
          times(9, () => 0.45),
          (k) => (k < 3 ? "V" : "Q"),
        ),
        [[0, 2, 1]],
      );
    });

    it("tells what is ventricular alone, where doubted beats before it had another time", () => {
      assert.deepEqual(
        doubted([0.3, 0.6, 0.5, 0.6, 0.5], (k) => (k < 2 ? "Q" : "V")),
        [[2, 4, 1]],
      );
    });

    it("finds none of beats that are usual, however fast and steady", () => {
      assert.deepEqual(
        doubted(
          times(20, () => 0.3),
          () => "N",
        ),
        [],
      );
    });
  });

  it("never finds a pause in a gap, nor where the signal is bad", () => {
    const beats = known(beatsOf(calm()));
    const signal = invented(beatsOf(calm()), 60, RATE, GAIN);
    const tracker = new RhythmTracker({ rate: RATE, gain: GAIN });
    const until = (sample: number) => beats.filter((beat) => beat.sample < sample);
    const episodes = tracker.push(signal, until(60 * RATE), []);
    episodes.push(...tracker.gap(30 * RATE, [], []));
    const later = beats.map((beat) => ({ ...beat, sample: beat.sample + 90 * RATE }));
    episodes.push(
      ...tracker.push(
        signal,
        later.filter(({ sample }) => sample < 150 * RATE),
        [],
      ),
    );
    episodes.push(...tracker.end([], []));
    assert.deepEqual(
      joined(episodes).map(({ rhythm, from, to }) => [rhythm, from / RATE, to / RATE]),
      [
        ["sinus", 0, 60],
        ["sinus", 90, 150],
      ],
    );
    const flat = new Float64Array(signal.length);
    const quality = new QualityMeter({ rate: RATE, gain: GAIN }).push(flat);
    const silent = new RhythmTracker({ rate: RATE, gain: GAIN });
    const found = [...silent.push(flat, [beats[0]!, beats[20]!], quality), ...silent.end([], [])];
    assert.deepEqual(
      joined(found).map(({ rhythm }) => rhythm),
      ["unreadable"],
    );
  });

  it("finds nothing in noise, however many beats were seen in it", () => {
    for (const millivolts of [0.05, 0.15, 0.5]) {
      const signal = Int32Array.from({ length: 95 * RATE }, () => GAIN * millivolts * random.gaussian());
      const episodes = joined(followRhythm(lead(signal)));
      assert.deepEqual(
        episodes.map(({ rhythm, from, to }) => [rhythm, from, to]),
        [["unreadable", 0, signal.length]],
      );
    }
  });

  for (const [name, scale] of [
    ["upside down", -1],
    ["of a tenth of a millivolt", 0.1],
    ["of ten millivolts", 9],
  ] as const)
    it(`is sinus in a signal ${name}`, () => {
      const signal = invented(beatsOf(calm()), 95, RATE, GAIN).map((value) => Math.round(scale * value));
      assert.deepEqual(
        joined(followRhythm(lead(signal))).map(({ rhythm }) => rhythm),
        ["sinus"],
      );
    });

  it("answers the same however the signal is cut, and after it was saved and resumed anywhere", () => {
    const beats = beatsOf(
      times(500, (i) => {
        if (i % 60 > 50) return 0.32;
        return (i % 60 < 30 ? 0.8 : 0.6 + 0.15 * random.next()) + (i === 90 ? 1.7 : 0);
      }),
      (i) => (i % 60 <= 50 ? "N" : i % 60 < 54 || i % 120 < 60 ? "V" : "Q"),
    );
    const seconds = 140;
    const signal = invented(beats, seconds, RATE, GAIN);
    const all = known(beats).filter(({ sample }) => sample < signal.length);
    const settings = { rate: RATE, gain: GAIN };
    const quality = new QualityMeter(settings).push(signal).map((second, i) => ({
      ...second,
      analysable: i % 17 !== 3,
    }));
    const whole = new RhythmTracker(settings);
    const expected = [...whole.push(signal, all, quality), ...whole.end([], [])];
    assert.ok(expected.length >= 5);
    // Those of nine beats with six that are doubted among them are whole.
    assert.ok(expected.some(({ rhythm, from, to }) => rhythm === "vrun" && to - from > 2.5 * RATE));
    for (let round = 0; round < 3; round++) {
      let tracker = new RhythmTracker(settings);
      const found: Episode[] = [];
      let given = 0;
      let judged = 0;
      for (let at = 0; at < signal.length; ) {
        const to = Math.min(signal.length, at + 1 + random.int(20 * RATE));
        // Beats are known up to 6 s after them.
        const late = to - random.int(6 * RATE);
        const due = all.slice(given).filter(({ sample }) => sample < late);
        const ended = quality.slice(judged).filter((second) => second.to <= to);
        found.push(...tracker.push(signal.subarray(at, to), due, ended));
        given += due.length;
        judged += ended.length;
        at = to;
        if (random.chance(0.5))
          tracker = new RhythmTracker(settings, JSON.parse(JSON.stringify(tracker.save())) as Saved);
      }
      found.push(...tracker.end(all.slice(given), quality.slice(judged)));
      assert.deepEqual(found, expected);
    }
  });

  it("refuses rates that it is not made for and what another version saved", () => {
    assert.throws(() => new RhythmTracker({ rate: 50, gain: 1 }), RangeError);
    const saved = new RhythmTracker({ rate: RATE, gain: GAIN }).save();
    assert.throws(() => new RhythmTracker({ rate: RATE, gain: GAIN }, { ...saved, last: [] }), RangeError);
  });
});
