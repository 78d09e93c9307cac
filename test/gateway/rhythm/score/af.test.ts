import assert from "node:assert/strict";
import {
  afFigures,
  averageAf,
  compareAf,
  grossAf,
  referenceAf,
  testAf,
} from "../../../../gateway/rhythm/score/af";
import type { Annotation } from "../../../../gateway/wfdb/annotations";

const rhythm = (sample: number, aux: string): Annotation => ({
  sample,
  code: 28,
  symbol: "+",
  subtype: 0,
  channel: 0,
  num: 0,
  aux,
});

describe("fibrillation scored", () => {
  const scope = { from: 0, to: 300 };

  it("reads episodes from rhythm annotations, flutter apart", () => {
    const spans = referenceAf(
      [
        rhythm(0, "(N"),
        rhythm(120, "(AFIB"),
        rhythm(180, "(AFL"),
        rhythm(400, "(AFIB"),
        rhythm(420, "(AFIB"),
      ],
      2,
      300,
    );
    assert.deepEqual(spans, [
      { from: 60, to: 90 },
      { from: 200, to: 300 },
    ]);
  });

  it("joins an analysis's episodes that touch", () => {
    const episode = (from: number, to: number, name: "af" | "sinus") => ({
      from,
      to,
      rhythm: name,
      confidence: 1,
      rate: 80,
    });
    assert.deepEqual(testAf([episode(0, 30, "sinus"), episode(30, 60, "af"), episode(60, 90, "af")], 2), [
      { from: 15, to: 45 },
    ]);
  });

  it("counts durations, episodes and windows of a case worked by hand", () => {
    // Reference 60 to 120 and 200 to 210; test 80 to 140 and 250 to 270.
    const counts = compareAf(
      [
        { from: 60, to: 120 },
        { from: 200, to: 210 },
      ],
      [
        { from: 80, to: 140 },
        { from: 250, to: 270 },
      ],
      scope,
    );
    assert.deepEqual(counts, {
      reference: 70,
      test: 80,
      both: 40,
      seconds: 300,
      episodes: 2,
      found: 1,
      answers: 2,
      right: 1,
      // Window 60: is; said 10 of 30, no. Window 90: both. Window 120: said 20 of 30. Window 240: said 20 of 30.
      windows: { tp: 1, fn: 1, fp: 2, tn: 6 },
    });
    const figures = afFigures(counts);
    assert.equal(figures.durationSensitivity, 40 / 70);
    assert.equal(figures.durationPositivePredictivity, 0.5);
    assert.equal(figures.episodeSensitivity, 0.5);
    assert.equal(figures.windowSpecificity, 0.75);
    assert.equal(figures.falseShare, 40 / 230);
  });

  it("does not count half a window as most of it", () => {
    const { windows } = compareAf([{ from: 0, to: 15 }], [{ from: 0, to: 16 }], { from: 0, to: 30 });
    assert.deepEqual(windows, { tp: 0, fn: 0, fp: 1, tn: 0 });
  });

  it("compares from a sample on, and cuts episodes there", () => {
    const counts = compareAf([{ from: 0, to: 120 }], [{ from: 0, to: 50 }], { ...scope, from: 60 });
    assert.deepEqual([counts.reference, counts.test, counts.both, counts.found], [60, 0, 0, 0]);
    assert.equal(counts.seconds, 240);
  });

  it("has no shares of nothing, and sums records", () => {
    const none = compareAf([], [], scope);
    assert.equal(afFigures(none).durationSensitivity, undefined);
    assert.equal(afFigures(none).windowSpecificity, 1);
    const one = compareAf([{ from: 0, to: 30 }], [{ from: 0, to: 60 }], scope);
    const all = grossAf([none, one]);
    assert.equal(all.durationPositivePredictivity, 0.5);
    assert.equal(all.falseShare, 30 / 570);
  });

  it("takes no share of the instants that a record of fibrillation leaves without", () => {
    // Five minutes of it, annotated but for their last quarter second, found to the end.
    const almost = afFigures(compareAf([{ from: 0, to: 299.75 }], [{ from: 0, to: 300 }], scope));
    assert.equal(almost.falseShare, undefined);
    const minute = compareAf([{ from: 0, to: 240 }], [{ from: 0, to: 255 }], scope);
    assert.equal(afFigures(minute).falseShare, 15 / 60);
    assert.equal(averageAf([almost, afFigures(minute)]).falseShare, 15 / 60);
    assert.equal(grossAf([almost, minute]).falseShare, (0.25 + 15) / (0.25 + 60));
  });

  it("averages records, each of one weight, without those that have nothing to take a share of", () => {
    // Found 30 of 60 s; found all 10 s and 10 s too many; none to find, and 30 of 300 s false.
    const records = [
      compareAf([{ from: 0, to: 60 }], [{ from: 0, to: 30 }], scope),
      compareAf([{ from: 0, to: 10 }], [{ from: 0, to: 20 }], scope),
      compareAf([], [{ from: 60, to: 90 }], scope),
    ].map(afFigures);
    const average = averageAf(records);
    assert.equal(average.durationSensitivity, (0.5 + 1) / 2);
    assert.equal(average.durationPositivePredictivity, (1 + 0.5 + 0) / 3);
    assert.equal(average.episodeSensitivity, 1);
    assert.equal(average.episodePositivePredictivity, 2 / 3);
    assert.equal(average.falseShare, (0 + 10 / 290 + 30 / 300) / 3);
    assert.equal(averageAf([]).windowSpecificity, undefined);
  });
});
