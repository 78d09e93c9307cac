import assert from "node:assert/strict";
import fc from "fast-check";
import { type LeadSettings, QualityMeter, type SecondQuality } from "../../../gateway/rhythm/quality";
import type { Saved } from "../../../gateway/rhythm/state";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import type { EcgSettings } from "../../../tools/sim/ecg/settings";
import { Random } from "../../../tools/sim/random";

const GAIN = 4000;
const RAILS = { low: -131072, high: 131071 };

function judged(settings: Partial<EcgSettings>, seconds = 30): SecondQuality[] {
  const ecg = new EcgGenerator({ gainCountsPerMillivolt: GAIN, seed: 4, ...settings });
  const { rate } = ecg.settings;
  return new QualityMeter({ rate, gain: GAIN, rails: RAILS }).push(ecg.read(seconds * rate)[0]!);
}

function of(signal: (i: number) => number, rate = 250, seconds = 10): SecondQuality[] {
  const values = Int32Array.from({ length: rate * seconds }, (_, i) => Math.round(signal(i)));
  return new QualityMeter({ rate, gain: GAIN, rails: RAILS }).push(values);
}

const noise = (baseline: number, mains: number, muscle: number) => ({
  noiseMillivolts: { baseline, mains, muscle },
});
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("signal quality", () => {
  it("finds nothing wrong with a clean ECG, at any rate", () => {
    for (const rate of [100, 128, 250, 360, 500, 1000]) {
      for (const second of judged({ rate })) {
        assert.ok(second.analysable);
        assert.deepEqual(second.problems, [], `${rate} Hz, ${JSON.stringify(second)}`);
      }
    }
  });

  it("measures mains as strong as it was added, and tells 50 from 60 Hz", () => {
    for (const mainsHz of [50, 60] as const) {
      for (const second of judged({ ...noise(0, 0.3, 0), mainsHz, rate: 500 })) {
        assert.deepEqual(second.problems, ["mains"]);
        assert.equal(second.mainsHz, mainsHz);
        // The root mean square was given; an amplitude is √2 times that.
        assert.ok(Math.abs(second.mainsMillivolts - 0.3 * Math.SQRT2) < 0.03, `${second.mainsMillivolts}`);
        assert.ok(second.analysable);
      }
    }
  });

  it("measures muscle noise as strong as it was added, between the complexes", () => {
    const seconds = judged({ ...noise(0, 0, 0.12), rate: 500 });
    assert.ok(Math.abs(mean(seconds.map((each) => each.muscleMillivolts)) - 0.12) < 0.01);
    assert.ok(seconds.every(({ problems }) => problems.includes("muscle")));
  });

  it("names a wandering baseline", () => {
    assert.ok(judged(noise(3, 0, 0)).filter(({ problems }) => problems.includes("baseline")).length > 10);
  });

  it("cannot read a lead that is off, a flat line, or noise and hum that drown any heart", () => {
    const random = new Random("white");
    const unread = (seconds: SecondQuality[], problem: string) =>
      seconds.forEach(({ analysable, problems }) => {
        assert.equal(analysable, false, problem);
        assert.ok(problems.includes(problem as never), problem);
      });
    unread(judged({ leadOff: true }), "leadOff");
    unread(
      of(() => 12),
      "flat",
    );
    unread(
      of(() => RAILS.low),
      "leadOff",
    );
    unread(
      of((i) => GAIN * 3 * Math.sin((2 * Math.PI * 50 * i) / 250)),
      "mains",
    );
    unread(
      of(() => GAIN * 0.8 * random.gaussian()),
      "muscle",
    );
    unread(
      of((i) => (i % 125 < 62 ? RAILS.high : 0)),
      "saturated",
    );
  });

  it("judges the same however the signal is cut, saved and resumed, at a rate that is not whole", () => {
    const ecg = new EcgGenerator({ gainCountsPerMillivolt: GAIN, seed: 9, ...noise(1, 0.2, 0.1) });
    const signal = ecg.read(20 * 256)[0]!;
    const settings: LeadSettings = { rate: 256.4, gain: GAIN };
    const whole = new QualityMeter(settings).push(signal);
    assert.equal(whole.length, 19);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (lengths) => {
        let meter = new QualityMeter(settings);
        const seconds: SecondQuality[] = [];
        for (let at = 0, k = 0; at < signal.length; k++) {
          const to = at + lengths[k % lengths.length]!;
          seconds.push(...meter.push(signal.subarray(at, to)));
          if (k % 2 === 0)
            meter = new QualityMeter(settings, JSON.parse(JSON.stringify(meter.save())) as Saved);
          at = to;
        }
        assert.deepEqual(seconds, whole);
      }),
      { numRuns: 10 },
    );
    whole.forEach(({ from, to }, k) => {
      assert.deepEqual([from, to], [Math.round(k * 256.4), Math.round((k + 1) * 256.4)]);
    });
  });

  it("judges no second that a gap tore, and counts on behind it", () => {
    const meter = new QualityMeter({ rate: 100, gain: GAIN });
    assert.equal(meter.push(new Int32Array(150)).length, 1);
    meter.gap(1000);
    const [second] = meter.push(new Int32Array(100));
    assert.deepEqual([second!.from, second!.to], [1150, 1250]);
  });
});
