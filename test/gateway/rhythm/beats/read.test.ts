import assert from "node:assert/strict";
import { Analysis } from "../../../../gateway/rhythm/analysis";
import { BeatClassifier } from "../../../../gateway/rhythm/beats/classifier";
import { BeatReader, type ReadBeat } from "../../../../gateway/rhythm/beats/read";
import { classifyBeats } from "../../../../gateway/rhythm/score/record";
import type { Saved } from "../../../../gateway/rhythm/state";
import { readRecord } from "../../../../gateway/wfdb/read";
import { EcgGenerator } from "../../../../tools/sim/ecg/generator";
import { Random } from "../../../../tools/sim/random";
import { ecgFiles, skipUnlessEcg } from "../../../machine";

const GAIN = 1000;
const RATE = 250;
/** Seconds that nobody can read. */
const BAD = { from: 30, to: 45 };
const SEED = Date.now() & 0xffff;

/** A heart with extra beats that noise covers for a while. */
function covered(): Int32Array {
  const ecg = new EcgGenerator({
    gainCountsPerMillivolt: GAIN,
    rate: RATE,
    seed: 11,
    pvcPerMinute: 8,
  });
  const signal = ecg.read(90 * RATE)[0]!.slice();
  const random = new Random("cover");
  for (let i = BAD.from * RATE; i < BAD.to * RATE; i++) signal[i]! += Math.round(GAIN * random.gaussian());
  return signal;
}

function read(signal: Int32Array, lengthAt: () => number, resumes: boolean): ReadBeat[] {
  let reader = new BeatReader({ rate: RATE, gain: GAIN });
  const beats: ReadBeat[] = [];
  for (let at = 0; at < signal.length; ) {
    const to = at + lengthAt();
    beats.push(...reader.push(signal.subarray(at, to)).beats);
    if (resumes)
      reader = new BeatReader({ rate: RATE, gain: GAIN }, JSON.parse(JSON.stringify(reader.save())) as Saved);
    at = to;
  }
  return beats.concat(reader.end());
}

describe("beats read from a lead", function () {
  it("are those that are found, and Q where the signal cannot be read", () => {
    const signal = covered();
    const beats = read(signal, () => RATE, false);
    const classifier = new BeatClassifier({ rate: RATE, gains: [GAIN] });
    const found = [...classifier.push([signal]), ...classifier.end()];
    assert.deepEqual(
      beats.map(({ sample }) => sample),
      found.map(({ sample }) => sample),
    );
    const hidden = (sample: number) => sample >= BAD.from * RATE && sample < BAD.to * RATE;
    assert.ok(beats.filter(({ sample }) => hidden(sample)).length > 10);
    beats.forEach((beat, k) => {
      // Beside the edge of what cannot be read either answer is right.
      const edge = [BAD.from, BAD.to].some((second) => Math.abs(beat.sample - second * RATE) < 0.15 * RATE);
      if (!edge)
        assert.equal(beat.class, hidden(beat.sample) ? "Q" : found[k]!.class, `at ${beat.sample / RATE} s`);
      const before = beats[k - 1]?.sample ?? Number.NaN;
      const touches = beat.sample >= BAD.from * RATE && before < BAD.to * RATE;
      assert.equal(beat.read, k > 0 && !touches, `since the beat before ${beat.sample / RATE} s`);
    });
    assert.ok(beats.some((beat) => beat.class === "V"));
  });

  it(`are the same however the signal is cut, and after each resume (seed ${SEED})`, () => {
    const signal = covered();
    const whole = read(signal, () => RATE, false);
    const random = new Random(SEED);
    assert.deepEqual(
      read(signal, () => 1 + random.int(RATE), true),
      whole,
    );
  });

  it("are classed alike for a score and in a live analysis", function () {
    skipUnlessEcg(this, "nstdb");
    const { rate, signals, leads } = readRecord(
      ecgFiles("nstdb", ".hea").find((file) => file.includes("118e00"))!,
    );
    const signal = signals[0]!.subarray(0, 420 * rate);
    const scored = classifyBeats({ settings: { rate, gain: leads[0]!.gain, lead: "I" }, pieces: [signal] });
    const analysis = new Analysis({ rate, gain: leads[0]!.gain });
    const live = [...analysis.push(signal).beats, ...analysis.end().beats];
    assert.ok(live.some((beat) => beat.class === "Q"));
    assert.deepEqual(
      scored.map(({ sample, class: kind }) => [sample, kind]),
      live.map(({ sample, class: kind }) => [sample, kind]),
    );
  });
});
