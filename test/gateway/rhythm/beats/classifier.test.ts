import assert from "node:assert/strict";
import fc from "fast-check";
import { BeatClassifier, DELAY_SECONDS } from "../../../../gateway/rhythm/beats/classifier";
import type { ClassifiedBeat } from "../../../../gateway/rhythm/beats/judge";
import { gross } from "../../../../gateway/rhythm/score/beats";
import { compareClasses, supraventricular, ventricular } from "../../../../gateway/rhythm/score/classes";
import { scoreRecord } from "../../../../gateway/rhythm/score/record";
import type { Saved } from "../../../../gateway/rhythm/state";
import type { BeatClass } from "../../../../gateway/rhythm/types";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import type { EcgSettings } from "../../../../tools/sim/ecg/settings";
import { Random } from "../../../../tools/sim/random";
import { ecgFiles, skipUnlessEcg } from "../../../machine";

const GAIN = 4000;

function generated(seconds: number, settings: Partial<EcgSettings> = {}) {
  const ecg = new EcgGenerator({ gainCountsPerMillivolt: GAIN, ...settings });
  const { rate } = ecg.settings;
  const signals = ecg.read(seconds * rate);
  const beats = ecg.takeBeats().map(({ sample, code }) => ({ sample, class: code as BeatClass }));
  return { rate, signals, beats };
}

function classify(signals: ArrayLike<number>[], rate: number): ClassifiedBeat[] {
  const classifier = new BeatClassifier({ rate, gains: signals.map(() => GAIN) });
  return [...classifier.push(signals), ...classifier.end()];
}

describe("the beat classifier", function () {
  it("gives the same beats and classes however the signal is cut, and when saved and resumed at any cut", () => {
    const seed = Date.now() & 0xffff;
    const { signals, rate } = generated(60, { seed, leads: 2, pvcPerMinute: 8, svePerMinute: 4, rate: 250 });
    const whole = classify(signals, rate);
    assert.ok(whole.length > 40);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (lengths) => {
        const settings = { rate, gains: [GAIN, GAIN] };
        let classifier = new BeatClassifier(settings);
        const found: ClassifiedBeat[] = [];
        for (let at = 0, k = 0; at < signals[0]!.length; k++) {
          const to = at + lengths[k % lengths.length]!;
          found.push(...classifier.push(signals.map((signal) => signal.subarray(at, to))));
          if (k % 197 === 0 || to - at > 300)
            classifier = new BeatClassifier(settings, JSON.parse(JSON.stringify(classifier.save())) as Saved);
          at = to;
        }
        assert.deepEqual([...found, ...classifier.end()], whole);
      }),
      { seed, numRuns: 8 },
    );
  });

  it("says of every beat in time what it is", () => {
    const { signals, rate } = generated(60, { seed: 3, heartRateBpm: 70, pvcPerMinute: 4 });
    const classifier = new BeatClassifier({ rate, gains: [GAIN] });
    for (let at = 0; at < signals[0]!.length; at += 16) {
      for (const { sample } of classifier.push([signals[0]!.subarray(at, at + 16)]))
        assert.ok(at + 16 - sample <= DELAY_SECONDS * rate + 16, `beat ${sample} at ${at + 16}`);
    }
  });

  it("tells wide premature beats from usual ones at every rate, upside down too", () => {
    for (const rate of [128, 250, 360, 512])
      for (const sign of [1, -1]) {
        const { signals, beats } = generated(180, { rate, seed: 5, pvcPerMinute: 6, heartRateBpm: 65 });
        const found = classify([signals[0]!.map((value) => sign * value)], rate);
        const confusion = compareClasses(beats, found, { rate, from: 20 * rate, excluded: [] });
        const { found: right, missed, extra } = ventricular(confusion);
        assert.ok(
          right > 8 && missed === 0 && extra === 0,
          `${rate} Hz · ${sign}: ${JSON.stringify(confusion)}`,
        );
      }
  });

  it("finds narrow premature beats in a steady rhythm, and calls no usual beat so", () => {
    const { rate, signals, beats } = generated(300, { seed: 6, svePerMinute: 6, heartRateBpm: 65 });
    const confusion = compareClasses(beats, classify(signals, rate), { rate, from: 20 * rate, excluded: [] });
    const { found, missed, extra } = supraventricular(confusion);
    assert.ok(found >= 0.5 * (found + missed) && extra === 0, JSON.stringify(confusion));
  });

  it("calls the usual beats of a healthy heart normal, fast, slow and in noise", () => {
    for (const heartRateBpm of [45, 75, 150])
      for (const muscle of [0, 0.03]) {
        const noiseMillivolts = { baseline: 0.1, mains: 0, muscle };
        const { signals, rate } = generated(120, { seed: 9, heartRateBpm, noiseMillivolts });
        const odd = classify(signals, rate).filter((beat) => beat.class !== "N" && beat.sample > 10 * rate);
        assert.deepEqual(odd, [], `${heartRateBpm} bpm, ${muscle} mV`);
      }
  });

  it("calls beats behind a pacemaker's spikes Q, and says why; a heart without is never paced", () => {
    const { rate, signals, beats } = generated(60, { seed: 4, rate: 360 });
    assert.ok(classify(signals, rate).every(({ paced }) => !paced));
    const signal = signals[0]!.slice();
    for (const { sample } of beats) {
      const at = sample - Math.round(0.09 * rate);
      if (at > 0) signal[at]! += Math.round(1.5 * GAIN);
    }
    const late = classify([signal], rate).filter(({ sample }) => sample > 15 * rate && sample < 59 * rate);
    const sent = beats.filter(({ sample }) => sample > 15 * rate && sample < 59 * rate);
    assert.equal(late.length, sent.length);
    assert.ok(late.every((beat) => beat.paced && beat.class === "Q"));
  });

  it("takes a pacemaker's spike that no heart answers for no beat", () => {
    const { rate, signals, beats } = generated(60, { seed: 4, rate: 360 });
    const signal = signals[0]!.slice();
    // The heart stops for fifteen seconds; the spikes go on.
    const stops = (sample: number) => sample >= 20 * rate && sample < 35 * rate;
    for (let i = 0; i < signal.length; i++) if (stops(i)) signal[i] = Math.round((i % 5) * 0.002 * GAIN);
    for (const { sample } of beats) signal[sample - Math.round(0.09 * rate)]! += Math.round(1.5 * GAIN);
    const found = classify([signal], rate).filter(
      ({ sample }) => stops(sample - rate) && stops(sample + rate),
    );
    assert.deepEqual(found, []);
  });

  it("finds nothing to class in a flat line and in an amplifier's own noise", () => {
    const random = new Random("flat");
    const signal = (of: () => number) => Int32Array.from({ length: 60 * 250 }, of);
    assert.deepEqual(classify([signal(() => 0)], 250), []);
    assert.deepEqual(classify([signal(() => Math.round(GAIN * 0.005 * random.gaussian()))], 250), []);
  });

  it("forgets all at a gap, and classes behind it as though nothing had been before", () => {
    const { signals, rate } = generated(120, { seed: 5, pvcPerMinute: 5 });
    const classifier = new BeatClassifier({ rate, gains: [GAIN] });
    const part = (from: number, to: number) => [signals[0]!.subarray(from * rate, to * rate)];
    const before = [...classifier.push(part(0, 60)), ...classifier.gap(3 * rate)];
    const behind = [...classifier.push(part(63, 120)), ...classifier.end()];
    const fresh = classify(part(63, 120), rate).map((beat) => ({ ...beat, sample: beat.sample + 63 * rate }));
    // Larger sample numbers round otherwise.
    const rounded = (beats: ClassifiedBeat[]) =>
      beats.map((beat) => ({ ...beat, confidence: beat.confidence.toFixed(9) }));
    assert.deepEqual(rounded(behind), rounded(fresh));
    assert.deepEqual(before, classify(part(0, 60), rate));
  });

  it("refuses rates that it is not made for, and what another classifier saved", () => {
    assert.throws(() => new BeatClassifier({ rate: 50, gains: [200] }), RangeError);
    const saved = new BeatClassifier({ rate: 250, gains: [200] }).save();
    assert.throws(() => new BeatClassifier({ rate: 250, gains: [200, 200] }, saved), RangeError);
  });

  // It was trained on these: the bound guards the program against breaking, and says nothing of other records.
  it("finds 97 % of the ventricular beats of MIT-BIH's DS1 on channel 0, and 94 % of what it calls so are", function () {
    skipUnlessEcg(this, "mitdb");
    const { sensitivity, positivePredictivity } = gross(
      ecgFiles("mitdb", ".hea").map((file) => scoreRecord(file, 0).veb.learned!),
    );
    assert.ok(
      sensitivity! >= 0.97 && positivePredictivity! >= 0.94,
      `${sensitivity}, ${positivePredictivity}`,
    );
  });
});
