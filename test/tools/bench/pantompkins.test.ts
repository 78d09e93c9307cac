import assert from "node:assert/strict";
import {
  compareBeats,
  fibrillation,
  figures,
  gross,
  referenceBeats,
} from "../../../gateway/rhythm/score/beats";
import { readAnnotations } from "../../../gateway/wfdb/annotations";
import { readRecord } from "../../../gateway/wfdb/read";
import { panTompkins } from "../../../tools/bench/pantompkins";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import { ecgFiles, skipUnlessEcg } from "../../machine";

// A peer that was written badly would flatter us.
describe("the peer of our beat detector", function () {
  it("finds every beat of a clean ECG at its place, at any rate", () => {
    for (const rate of [128, 250, 360, 500]) {
      const ecg = new EcgGenerator({ gainCountsPerMillivolt: 1000, rate, seed: 1 });
      const signal = ecg.read(60 * rate)[0]!;
      const inside = (list: number[]) => list.filter((beat) => beat > 3 * rate && beat < 59 * rate);
      const beats = inside(ecg.takeBeats().map(({ sample }) => sample));
      const counts = compareBeats(beats, inside(panTompkins(signal, rate, 1000)), {
        rate,
        from: 0,
        excluded: [],
      });
      assert.deepEqual(counts, { found: beats.length, missed: 0, extra: 0 }, `${rate} Hz`);
    }
  });

  it("is as good on MIT-BIH's DS1 as is published of it: F1 above 99 %", function () {
    skipUnlessEcg(this, "mitdb");
    const counts = ecgFiles("mitdb", ".hea").map((file) => {
      const { rate, samples, signals, leads } = readRecord(file);
      const annotations = readAnnotations(file.replace(/hea$/, "atr"));
      const excluded = fibrillation(annotations, samples);
      const found = panTompkins(signals[0]!, rate, leads[0]!.gain);
      return compareBeats(referenceBeats(annotations), found, { rate, from: 300 * rate, excluded });
    });
    assert.ok(figures(gross(counts)).f1! > 0.99, JSON.stringify(figures(gross(counts))));
  });
});
