import assert from "node:assert/strict";
import fc from "fast-check";
import { BeatDetector, DELAY_SECONDS } from "../../../../gateway/rhythm/qrs/detector";
import {
  compareBeats,
  fibrillation,
  figures,
  gross,
  referenceBeats,
} from "../../../../gateway/rhythm/score/beats";
import { pairBeats } from "../../../../gateway/rhythm/score/pair";
import type { Saved } from "../../../../gateway/rhythm/state";
import { readAnnotations } from "../../../../gateway/wfdb/annotations";
import { readRecord } from "../../../../gateway/wfdb/read";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import type { EcgSettings } from "../../../../tools/sim/ecg/settings";
import { Random } from "../../../../tools/sim/random";
import { ecgFiles, skipUnlessEcg } from "../../../machine";

const GAIN = 4000;

function generated(seconds: number, settings: Partial<EcgSettings> = {}) {
  const ecg = new EcgGenerator({ gainCountsPerMillivolt: GAIN, ...settings });
  const { rate } = ecg.settings;
  const signals = ecg.read(seconds * rate);
  return { rate, signals, beats: ecg.takeBeats().map(({ sample }) => sample) };
}

function detect(signals: ArrayLike<number>[], rate: number, gain = GAIN): number[] {
  const detector = new BeatDetector({ rate, gains: signals.map(() => gain) });
  return [...detector.push(signals), ...detector.end()];
}

/** QRS-like triangles of 80 ms and so many millivolts. */
function pulses(seconds: number, rate: number, bpm: number, millivolts = 1) {
  const signal = new Int32Array(seconds * rate);
  const beats: number[] = [];
  for (let at = 0.5; at < seconds - 0.5; at += 60 / bpm) {
    const peak = Math.round(at * rate);
    beats.push(peak);
    const half = Math.round(0.04 * rate);
    for (let k = -half; k <= half; k++)
      signal[peak + k] = Math.round(GAIN * millivolts * (1 - Math.abs(k) / half));
  }
  return { signal, beats };
}

function assertAll(beats: number[], found: number[], rate: number, what: string) {
  const counts = compareBeats(beats, found, { rate, from: 0, excluded: [] });
  assert.deepEqual(counts, { found: beats.length, missed: 0, extra: 0 }, what);
}

describe("the beat detector", function () {
  it("gives the same beats however the signal is cut, and when saved and resumed at any cut", () => {
    const seed = Date.now() & 0xffff;
    const { signals, rate } = generated(40, { seed, leads: 2, pvcPerMinute: 10, rate: 250 });
    const whole = detect(signals, rate);
    assert.ok(whole.length > 30);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (lengths) => {
        const settings = { rate, gains: [GAIN, GAIN] };
        let detector = new BeatDetector(settings);
        const found: number[] = [];
        for (let at = 0, k = 0; at < signals[0]!.length; k++) {
          const to = at + lengths[k % lengths.length]!;
          found.push(...detector.push(signals.map((signal) => signal.subarray(at, to))));
          // Not at each of thousands of cuts: that takes half a minute.
          if (k % 97 === 0 || to - at > 100)
            detector = new BeatDetector(settings, JSON.parse(JSON.stringify(detector.save())) as Saved);
          at = to;
        }
        assert.deepEqual([...found, ...detector.end()], whole);
      }),
      { seed, numRuns: 10 },
    );
  });

  it("says of every beat within two seconds that it is one", () => {
    const { signals, rate } = generated(60, { seed: 3, heartRateBpm: 70, svePerMinute: 6 });
    const detector = new BeatDetector({ rate, gains: [GAIN] });
    for (let at = 0; at < signals[0]!.length; at += 8) {
      for (const beat of detector.push([signals[0]!.subarray(at, at + 8)]))
        assert.ok(at + 8 - beat <= DELAY_SECONDS * rate + 8, `beat ${beat} at ${at + 8}`);
    }
  });

  it("finds every beat of a clean ECG at every rate, at its place", () => {
    for (const rate of [100, 128, 200, 250, 257, 300, 360, 500, 512, 1000]) {
      const { signals, beats } = generated(60, { rate, seed: 1, pvcPerMinute: 4 });
      const found = detect(signals, rate);
      // A beat in the first half second may have begun before the signal did.
      const inside = (list: number[]) => list.filter((beat) => beat > 0.5 * rate && beat < 59.5 * rate);
      assertAll(inside(beats), inside(found), rate, `${rate} Hz`);
    }
  });

  it("places beats so that intervals between them are right to 2 ms", () => {
    for (const rate of [250, 500, 1000]) {
      const { signals, beats } = generated(120, { rate, seed: 7 });
      const found = detect(signals, rate);
      const { test } = pairBeats(beats, found, 0.15 * rate);
      const errors = found.map((beat, index) => (beat - beats[test[index]!]!) / rate).slice(2);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      const spread = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
      assert.ok(Math.abs(mean) < 0.003, `${rate} Hz: ${mean} s off`);
      assert.ok(spread < 0.002, `${rate} Hz: ${spread} s`);
    }
  });

  it("finds the same beats upside down, and in 0.1 mV and 10 mV as in 1 mV", () => {
    const { signals, rate } = generated(60, { seed: 2 });
    const found = detect(signals, rate);
    assert.ok(found.length > 50);
    const scaled = (by: number) => detect([signals[0]!.map((value) => value * by)], rate);
    assert.deepEqual(scaled(-1), found);
    assert.deepEqual(scaled(10), found);
    assert.deepEqual(detect(signals, rate, GAIN * 10), found);
  });

  it("hears the heart again within twenty seconds of a burst of noise thirty times as high", () => {
    const { signals, beats, rate } = generated(120, { seed: 8 });
    const random = new Random("burst");
    const signal = signals[0]!;
    for (let i = 30 * rate; i < 40 * rate; i++) signal[i]! += Math.round(GAIN * 30 * random.gaussian());
    const late = (list: number[]) => list.filter((beat) => beat > 60 * rate && beat < 119.5 * rate);
    assertAll(late(beats), late(detect(signals, rate)), rate, "after the burst");
  });

  it("counts 20 and 300 beats a minute", () => {
    for (const bpm of [20, 300]) {
      const { signal, beats } = pulses(60, 250, bpm);
      assertAll(beats, detect([signal], 250), 250, `${bpm} bpm`);
    }
  });

  it("hears a slow heart through an amplifier's noise, and nothing between its beats", () => {
    const random = new Random("slow");
    for (const bpm of [10, 15, 20]) {
      const { signal, beats } = pulses(240, 250, bpm);
      const noisy = signal.map((value) => value + Math.round(GAIN * 0.012 * random.gaussian()));
      assertAll(beats, detect([noisy], 250), 250, `${bpm} bpm`);
    }
  });

  it("makes no beats of noise where a heart stops, and hears it again", () => {
    const random = new Random("stop");
    const { signal, beats } = pulses(90, 250, 75);
    const stops = (at: number) => at > 30.5 * 250 && at < 60 * 250;
    const stopped = signal.map(
      (value, i) => (stops(i) ? 0 : value) + Math.round(GAIN * 0.03 * random.gaussian()),
    );
    const left = beats.filter((beat) => !stops(beat));
    assertAll(left, detect([stopped], 250), 250, "asystole");
  });

  it("finds nothing in a flat line, in its rail, in 50 Hz or in an amplifier's own noise", () => {
    const random = new Random("flat");
    const rate = 250;
    const signal = (of: (i: number) => number) => Int32Array.from({ length: 60 * rate }, (_, i) => of(i));
    assert.deepEqual(detect([signal(() => 0)], rate), []);
    assert.deepEqual(detect([signal(() => 131071)], rate), []);
    const hum = detect([signal((i) => Math.round(GAIN * Math.sin(0.4 * Math.PI * i)))], rate);
    // Where it sets in and breaks off, it jumps.
    assert.deepEqual(
      hum.filter((beat) => beat > 0.5 * rate && beat < 59.5 * rate),
      [],
    );
    assert.deepEqual(detect([signal(() => Math.round(GAIN * 0.005 * random.gaussian()))], rate), []);
  });

  it("forgets all at a gap and reports sample numbers behind it as though it had not been", () => {
    const { signals, rate, beats } = generated(120, { seed: 5 });
    const detector = new BeatDetector({ rate, gains: [GAIN] });
    const second = (from: number, to: number) => [signals[0]!.subarray(from * rate, to * rate)];
    const before = [...detector.push(second(0, 60)), ...detector.gap(3 * rate)];
    const behind = [...detector.push(second(63, 120)), ...detector.end()];
    const fresh = detect(second(63, 120), rate).map((beat) => beat + 63 * rate);
    assert.deepEqual(behind, fresh);
    assert.ok(before.every((beat) => beat < 60 * rate));
    const expected = beats.filter((beat) => beat < 59.5 * rate && beat > 0.5 * rate);
    const found = before.filter((beat) => beat < 59.5 * rate && beat > 0.5 * rate);
    assertAll(expected, found, rate, "before the gap");
  });

  it("refuses rates that it is not made for, and what another detector saved", () => {
    assert.throws(() => new BeatDetector({ rate: 50, gains: [200] }), RangeError);
    assert.throws(() => new BeatDetector({ rate: 250, gains: [] }), RangeError);
    const saved = new BeatDetector({ rate: 250, gains: [200] }).save();
    assert.throws(() => new BeatDetector({ rate: 250, gains: [200, 200] }, saved), /"leads"/);
  });

  it("finds 99.8 % of the beats of MIT-BIH's DS1, channel 0 after five minutes, and 98 % of each record", function () {
    skipUnlessEcg(this, "mitdb");
    const records = ecgFiles("mitdb", ".hea").map((file) => {
      const record = readRecord(file);
      const annotations = readAnnotations(file.replace(/hea$/, "atr"));
      const found = detect([record.signals[0]!], record.rate, record.leads[0]!.gain);
      const excluded = fibrillation(annotations, record.samples);
      const scope = { rate: record.rate, from: 300 * record.rate, excluded };
      const counts = compareBeats(referenceBeats(annotations), found, scope);
      assert.ok(figures(counts).f1! >= 0.98, `${record.name}: ${JSON.stringify(counts)}`);
      return counts;
    });
    const { f1 } = gross(records);
    assert.ok(f1! >= 0.998, `F1 ${f1}`);
  });
});
