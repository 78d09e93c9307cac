import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import { LEADS } from "../../../tools/sim/ecg/leads";
import type { EcgSettings } from "../../../tools/sim/ecg/settings";

const RATE = 256;

/** The first lead in millivolts. */
function millivolts(settings: Partial<EcgSettings>, seconds: number): Float64Array {
  const generator = new EcgGenerator({ rate: RATE, ...settings });
  const { rate, gainCountsPerMillivolt } = generator.settings;
  return Float64Array.from(generator.read(seconds * rate)[0]!, (counts) => counts / gainCountsPerMillivolt);
}

/** R peaks: the highest sample of each stretch above half of the highest, none within 0.15 s of another. */
function peaks(signal: Float64Array, rate = RATE): number[] {
  const threshold = signal.reduce((a, b) => Math.max(a, b)) / 2;
  const found: number[] = [];
  for (let i = 1; i < signal.length - 1; i++) {
    if (signal[i]! < threshold || signal[i]! < signal[i - 1]! || signal[i]! <= signal[i + 1]!) continue;
    if (found.length === 0 || i - found.at(-1)! > 0.15 * rate) found.push(i);
  }
  return found;
}

function intervals(signal: Float64Array): { mean: number; cv: number; seconds: number[] } {
  const at = peaks(signal);
  const seconds = at.slice(1).map((peak, i) => (peak - at[i]!) / RATE);
  const mean = seconds.reduce((a, b) => a + b) / seconds.length;
  const variance = seconds.reduce((sum, x) => sum + (x - mean) ** 2, 0) / seconds.length;
  return { mean, cv: Math.sqrt(variance) / mean, seconds };
}

/** The mean beat around the R peaks, from `before` to `after` seconds. */
function meanBeat(signal: Float64Array, before: number, after: number): number[] {
  const from = Math.round(before * RATE);
  const to = Math.round(after * RATE);
  const whole = peaks(signal).filter((peak) => peak + from >= 0 && peak + to < signal.length);
  return Array.from({ length: to - from }, (_, i) =>
    whole.reduce((sum, peak) => sum + signal[peak + from + i]! / whole.length, 0),
  );
}

/** Amplitude of one frequency (Goertzel, doi:10.2307/2310304). */
function amplitude(signal: Float64Array, hertz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
  let [s1, s2] = [0, 0];
  for (const x of signal) [s1, s2] = [x + turn * s1 - s2, s1];
  return (2 * Math.sqrt(s1 * s1 + s2 * s2 - turn * s1 * s2)) / signal.length;
}

describe("a generated ECG in sinus rhythm", () => {
  for (const heartRateBpm of [40, 60, 90, 150, 200]) {
    it(`beats at ${heartRateBpm}/min, counted by its R peaks`, () => {
      const { mean } = intervals(millivolts({ heartRateBpm, seed: 1 }, 600));
      assert.ok(Math.abs(60 / mean / heartRateBpm - 1) < 0.02, `${60 / mean}`);
    });
  }

  it("varies as the paper's process: 1 beat/min, one third of the power around 0.1 Hz, two around 0.25 Hz", () => {
    const { cv, seconds } = intervals(millivolts({ rate: RATE, seed: 2 }, 7200));
    assert.ok(cv > 0.013 && cv < 0.02, `coefficient of variation ${cv}, expected 1/60`);
    // One beat per second: the interval series is nearly evenly sampled, its beat number nearly its time.
    const mean = seconds.reduce((a, b) => a + b) / seconds.length;
    const power = (from: number, to: number) => {
      let sum = 0;
      for (let k = Math.round(from * seconds.length); k < to * seconds.length; k++) {
        let [re, im] = [0, 0];
        seconds.forEach((x, n) => {
          re += (x - mean) * Math.cos((2 * Math.PI * k * n) / seconds.length);
          im += (x - mean) * Math.sin((2 * Math.PI * k * n) / seconds.length);
        });
        sum += re * re + im * im;
      }
      return sum;
    };
    const ratio = power(0.06, 0.15) / power(0.17, 0.35);
    assert.ok(ratio > 0.35 && ratio < 0.7, `LF/HF ${ratio}, expected 0.5`);
  });

  it("has the order and the signs P+ Q- R+ S- T+, and an R wave of about 1.2 mV", () => {
    const beat = meanBeat(millivolts({ seed: 3 }, 120), -0.35, 0.5);
    const r = Math.round(0.35 * RATE);
    const highest = (from: number, to: number) =>
      from + beat.slice(from, to).indexOf(Math.max(...beat.slice(from, to)));
    const lowest = (from: number, to: number) =>
      from + beat.slice(from, to).indexOf(Math.min(...beat.slice(from, to)));
    const p = highest(0, r - 20);
    const q = lowest(p, r);
    const s = lowest(r, r + 25);
    const t = highest(s, beat.length);
    assert.ok(p < q && q < r && r < s && s < t);
    assert.ok(beat[p]! > 0.1 && beat[q]! < -0.1 && beat[s]! < -0.1 && beat[t]! > 0.2);
    assert.ok(Math.abs(beat[r]! - 1.2) < 0.06, `R is ${beat[r]} mV`);
  });

  it("has the shape that the paper's differential equations give when integrated", () => {
    const events = [
      [-Math.PI / 3, 1.2, 0.25],
      [-Math.PI / 12, -5, 0.1],
      [0, 30, 0.1],
      [Math.PI / 12, -7.5, 0.1],
      [Math.PI / 2, 0.75, 0.4],
    ] as const;
    const omega = 2 * Math.PI;
    const slope = (t: number, z: number) => {
      const theta = ((((omega * t + Math.PI) % omega) + omega) % omega) - Math.PI;
      return events.reduce((sum, [angle, a, b]) => {
        const d = ((((theta - angle + Math.PI) % omega) + omega) % omega) - Math.PI;
        return sum - a * d * Math.exp((-d * d) / (2 * b * b));
      }, -z);
    };
    const h = 1 / RATE;
    const trajectory: number[] = [];
    for (let n = 0, z = 0; n < 12 * RATE; n++) {
      trajectory.push(z);
      const t = n * h;
      const k1 = slope(t, z);
      const k2 = slope(t + h / 2, z + (h / 2) * k1);
      const k3 = slope(t + h / 2, z + (h / 2) * k2);
      const k4 = slope(t + h, z + h * k3);
      z += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    const paper = trajectory.slice(10 * RATE - 0.35 * RATE, 10 * RATE + 0.5 * RATE);
    const ours = meanBeat(millivolts({ seed: 3 }, 120), -0.35, 0.5).slice(0, paper.length);
    const centred = (x: number[]) => x.map((v) => v - x.reduce((a, b) => a + b) / x.length);
    const [a, b] = [centred(paper), centred(ours)];
    const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
    const correlation = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    assert.ok(correlation > 0.98, `correlation ${correlation}`);
  });

  it("reports each beat where its R peak lies, once it has been read", () => {
    const generator = new EcgGenerator({ rate: RATE, seed: 4 });
    const signal = Float64Array.from(generator.read(60 * RATE)[0]!);
    const beats = generator.takeBeats();
    assert.deepEqual(
      beats.map((beat) => beat.code),
      beats.map(() => "N"),
    );
    const found = peaks(signal);
    assert.equal(beats.length, found.length);
    beats.forEach((beat, i) => {
      assert.ok(Math.abs(beat.sample - found[i]!) <= 1, `${beat.sample}, found at ${found[i]}`);
    });
    assert.deepEqual(generator.takeBeats(), []);
  });
});

describe("a generated ECG with its switches", () => {
  it("in atrial fibrillation is irregular and has no P wave", () => {
    const sinus = millivolts({ heartRateBpm: 80, seed: 5 }, 600);
    const af = millivolts({ heartRateBpm: 80, seed: 5, af: true }, 600);
    assert.ok(intervals(sinus).cv < 0.05);
    const { cv, mean } = intervals(af);
    assert.ok(cv > 0.15 && cv < 0.3, `coefficient of variation ${cv}`);
    assert.ok(Math.abs(60 / mean - 80) < 2.5, `${60 / mean}`);
    const beforeQ = (signal: Float64Array) => Math.max(...meanBeat(signal, -0.25, -0.08));
    assert.ok(beforeQ(sinus) > 0.2, `P of ${beforeQ(sinus)} mV`);
    assert.ok(beforeQ(af) < 0.1, `no P, but ${beforeQ(af)} mV`);
  });

  it("in atrial fibrillation shows waves of about 0.1 mV where the heart is otherwise silent", () => {
    // At 40/min, 0.12 s before an R peak lies after the last T wave and before the Q.
    const spread = (af: boolean) => {
      const signal = millivolts({ heartRateBpm: 40, seed: 5, af }, 1200);
      const silent = peaks(signal).map((peak) => signal[peak - Math.round(0.12 * RATE)]!);
      const mean = silent.reduce((a, b) => a + b) / silent.length;
      return Math.sqrt(silent.reduce((sum, x) => sum + (x - mean) ** 2, 0) / silent.length);
    };
    assert.ok(spread(false) < 0.01, `sinus ${spread(false)}`);
    assert.ok(Math.abs(spread(true) - 0.08) < 0.02, `AF ${spread(true)}`);
  });

  it("has premature ventricular beats in the number asked, early, broad, and followed by a full pause", () => {
    const generator = new EcgGenerator({ rate: RATE, heartRateBpm: 70, pvcPerMinute: 6, seed: 6 });
    const signal = generator.read(3600 * RATE)[0]!;
    const beats = generator.takeBeats();
    const ventricular = beats.flatMap((beat, i) => (beat.code === "V" ? [i] : []));
    assert.ok(Math.abs(ventricular.length / 360 - 1) < 0.15, `${ventricular.length} in an hour`);
    const normalRr = (60 / 70) * RATE;
    const width = (sample: number) => {
      const half = signal[sample]! / 2;
      let [left, right] = [sample, sample];
      while (signal[left]! > half) left--;
      while (signal[right]! > half) right++;
      return (right - left) / RATE;
    };
    for (const i of ventricular.slice(1, -1)) {
      const [before, beat, after] = [beats[i - 1]!, beats[i]!, beats[i + 1]!];
      assert.ok(beat.sample - before.sample < 0.7 * normalRr);
      assert.ok(Math.abs((after.sample - before.sample) / (2 * normalRr) - 1) < 0.1);
      assert.ok(width(beat.sample) > 1.7 * width(after.sample));
    }
  });

  it("has premature supraventricular beats: early, narrow, with less than a full pause", () => {
    const generator = new EcgGenerator({ rate: RATE, svePerMinute: 8, seed: 7 });
    generator.read(3600 * RATE);
    const beats = generator.takeBeats();
    const early = beats.flatMap((beat, i) => (beat.code === "S" ? [i] : []));
    assert.ok(Math.abs(early.length / 480 - 1) < 0.15, `${early.length} in an hour`);
    for (const i of early.slice(1, -1)) {
      const around = beats[i + 1]!.sample - beats[i - 1]!.sample;
      assert.ok(beats[i]!.sample - beats[i - 1]!.sample < 0.8 * RATE);
      assert.ok(around > 1.6 * RATE && around < 1.95 * RATE);
    }
  });

  for (const mainsHz of [50, 60] as const) {
    it(`hums at ${mainsHz} Hz with the strength asked`, () => {
      const noiseMillivolts = { baseline: 0, mains: 0.1, muscle: 0 };
      const signal = millivolts({ noiseMillivolts, mainsHz, seed: 8 }, 60);
      assert.ok(Math.abs(amplitude(signal, mainsHz) / (0.1 * Math.SQRT2) - 1) < 0.05);
      assert.ok(amplitude(signal, 110 - mainsHz) < 0.01);
    });
  }

  it("wanders and trembles with the strength asked, beside the same beats", () => {
    const clean = millivolts({ seed: 9 }, 600);
    for (const source of ["baseline", "muscle"] as const) {
      const noiseMillivolts = { baseline: 0, mains: 0, muscle: 0, [source]: 0.2 };
      const noise = millivolts({ noiseMillivolts, seed: 9 }, 600).map((x, i) => x - clean[i]!);
      const rms = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length);
      assert.ok(Math.abs(rms / 0.2 - 1) < 0.05, `${source} ${rms}`);
      const steps = Math.sqrt(
        noise.slice(1).reduce((sum, x, i) => sum + (x - noise[i]!) ** 2, 0) / noise.length,
      );
      assert.ok(source === "baseline" ? steps < 0.01 : steps > 0.2, `${source} steps ${steps}`);
    }
  });

  it("lies flat on the rail while a lead is off, and returns", () => {
    const generator = new EcgGenerator({
      rate: RATE,
      leads: 2,
      bits: 12,
      gainCountsPerMillivolt: 200,
      seed: 1,
    });
    generator.read(RATE);
    generator.set({ leadOff: true });
    for (const lead of generator.read(RATE)) assert.ok(lead.every((counts) => counts === 2047));
    generator.set({ leadOff: false });
    for (const lead of generator.read(RATE)) assert.ok(lead.every((counts) => counts < 1000));
  });

  it("clips to its bits", () => {
    const [signal] = new EcgGenerator({ bits: 8, gainCountsPerMillivolt: 1000, seed: 1 }).read(10 * RATE);
    assert.equal(Math.max(...signal!), 127);
    assert.equal(Math.min(...signal!), -128);
  });

  it("follows a change of the heart rate while it runs", () => {
    const generator = new EcgGenerator({ rate: RATE, seed: 10 });
    generator.read(60 * RATE);
    generator.takeBeats();
    generator.set({ heartRateBpm: 120 });
    generator.read(60 * RATE);
    assert.ok(Math.abs(generator.takeBeats().length - 120) <= 4);
    assert.equal(generator.settings.heartRateBpm, 120);
  });

  it("keeps Einthoven's and Goldberger's laws between its limb leads", () => {
    const leads = new EcgGenerator({ leads: 12, pvcPerMinute: 10, af: true, seed: 11 }).read(20 * RATE);
    const lead = (name: string) => leads[LEADS.findIndex((one) => one.name === name)]!;
    for (let i = 0; i < 20 * RATE; i++) {
      const [I, II] = [lead("I")[i]!, lead("II")[i]!];
      assert.ok(Math.abs(lead("III")[i]! - (II - I)) <= 2);
      assert.ok(Math.abs(lead("aVR")[i]! + (I + II) / 2) <= 2);
      assert.ok(Math.abs(lead("aVL")[i]! - (I - II / 2)) <= 2);
      assert.ok(Math.abs(lead("aVF")[i]! - (II - I / 2)) <= 2);
    }
  });
});

describe("the ECG generator", () => {
  it("gives the same samples and beats for a seed, in whatever pieces it is read", () => {
    const settings = fc.record({
      seed: fc.string(),
      leads: fc.integer({ min: 1, max: 3 }),
      heartRateBpm: fc.integer({ min: 20, max: 250 }),
      af: fc.boolean(),
      pvcPerMinute: fc.constantFrom(0, 5),
      svePerMinute: fc.constantFrom(0, 5),
      noiseMillivolts: fc.constantFrom(
        { baseline: 0, mains: 0, muscle: 0 },
        { baseline: 0.1, mains: 0.1, muscle: 0.1 },
      ),
    });
    const pieces = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 12 });
    fc.assert(
      fc.property(settings, pieces, pieces, (one, first, second) => {
        const run = (sizes: number[], rest: number) => {
          const generator = new EcgGenerator(one);
          const parts = [...sizes, rest].map((size) => generator.read(size));
          const leads = parts[0]!.map((_, k) => parts.flatMap((part) => [...part[k]!]));
          return { leads, beats: generator.takeBeats() };
        };
        const total = (sizes: number[]) => sizes.reduce((a, b) => a + b, 0);
        const most = Math.max(total(first), total(second)) + 100;
        assert.deepEqual(run(first, most - total(first)), run(second, most - total(second)));
      }),
      { numRuns: 40 },
    );
  });

  it("differs between seeds", () => {
    assert.notDeepEqual(millivolts({ seed: 1 }, 10), millivolts({ seed: 2 }, 10));
  });

  it("refuses settings out of range, unknown, or fixed while it runs, and changes nothing then", () => {
    const wrong = [{ rate: 50 }, { leads: 13 }, { leads: 1.5 }, { bits: 25 }, { heartRateBpm: Number.NaN }];
    for (const settings of [...wrong, { pvcPerMinute: 31 }, { pvcPerMinute: 20, svePerMinute: 11 }]) {
      assert.throws(() => new EcgGenerator(settings), { code: "ECG_SETTING" });
    }
    const generator = new EcgGenerator();
    const before = { ...generator.settings };
    for (const changes of [{ rate: 500 }, { heartrate: 70 }, { heartRateBpm: 300 }]) {
      assert.throws(() => generator.set(changes), { code: "ECG_SETTING" });
    }
    assert.deepEqual(generator.settings, before);
  });
});
