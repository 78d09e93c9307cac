import assert from "node:assert/strict";
import { canBeComplexes, formOf } from "../../../../gateway/rhythm/episodes/form";
import { WAVE_RATE, wavesOf } from "../../../../gateway/rhythm/episodes/signal";
import { readAnnotations } from "../../../../gateway/wfdb/annotations";
import { isBeat } from "../../../../gateway/wfdb/codes";
import { readRecord } from "../../../../gateway/wfdb/read";
import { ecgFiles, skipUnlessEcg } from "../../../machine";

const SECONDS = 30;
const EVERY = 0.8;

/** A shape every 0.8 s; its form as it was measured. */
function formOfTrain(shape: (seconds: number) => number) {
  const beats = Array.from(
    { length: Math.floor(SECONDS / EVERY) - 1 },
    (_, i) => (i + 0.5) * EVERY * WAVE_RATE,
  );
  const waves = Float64Array.from({ length: SECONDS * WAVE_RATE }, (_, i) =>
    shape(((i / WAVE_RATE) % EVERY) - EVERY / 2),
  );
  return formOf(waves, beats);
}

const bell = (t: number, at: number, width: number) => Math.exp(-((t - at) ** 2) / (2 * width ** 2));

describe("the form of what was taken for complexes", function () {
  it("is measured as it was drawn", () => {
    // A triangle of 80 ms: 5 to 95 % of two even slopes are 72 ms.
    const triangle = formOfTrain((t) => Math.max(0, 1 - Math.abs(t) / 0.04) + 0.25 * bell(t, 0.27, 0.05));
    assert.ok(Math.abs(triangle.width - 0.072) <= 0.011, `${triangle.width}`);
    assert.ok(triangle.step < 0.02, `${triangle.step}`);
    assert.ok(triangle.stands > 0.9, `${triangle.stands}`);
    assert.ok(Math.abs(triangle.follows - 0.25) < 0.05, `${triangle.follows}`);
    assert.ok(canBeComplexes(triangle));
  });

  it("tells complexes from spikes, jumps, sines and waves of the atria", () => {
    const wide = (t: number) => bell(t, 0, 0.04) - 0.4 * bell(t, 0.09, 0.04) - 0.25 * bell(t, 0.3, 0.06);
    assert.ok(canBeComplexes(formOfTrain(wide)), "wide, with a T wave");
    assert.ok(canBeComplexes(formOfTrain((t) => bell(t, 0, 0.012))), "narrow, without one");
    assert.ok(!canBeComplexes(formOfTrain((t) => (Math.abs(t) < 0.003 ? 1 : 0))), "spikes");
    assert.ok(!canBeComplexes(formOfTrain((t) => 1 / (1 + Math.exp(-t / 0.004)))), "jumps");
    assert.ok(!canBeComplexes(formOfTrain((t) => Math.sin((2 * Math.PI * t) / EVERY))), "a sine");
    assert.ok(!canBeComplexes(formOfTrain((t) => bell(t, 0, 0.035))), "waves of atria");
  });

  it("is not measured where nothing lies whole in the window", () => {
    assert.ok(Object.values(formOf(new Float64Array(1000), [])).every(Number.isNaN));
    assert.ok(Object.values(formOf(new Float64Array(20), [10])).every(Number.isNaN));
  });

  it("is a heart's in every half minute of MIT-BIH's DS1, channel 0", function () {
    skipUnlessEcg(this, "mitdb");
    for (const file of ecgFiles("mitdb", ".hea")) {
      const { name, rate, signals, leads } = readRecord(file);
      const beats = readAnnotations(file.replace(/hea$/, "atr"))
        .filter(({ code }) => isBeat(code))
        .map(({ sample }) => ((sample + 0.5) * WAVE_RATE) / rate);
      const waves = wavesOf(signals[0]!, rate, leads[0]!.gain);
      for (let from = 0; from < waves.length; from += SECONDS * WAVE_RATE) {
        const window = waves.subarray(from, from + SECONDS * WAVE_RATE);
        const own = beats
          .filter((beat) => beat >= from && beat < from + window.length)
          .map((beat) => beat - from);
        const form = formOf(window, own);
        assert.ok(canBeComplexes(form), `${name} at ${from / WAVE_RATE} s: ${JSON.stringify(form)}`);
      }
    }
  });
});
