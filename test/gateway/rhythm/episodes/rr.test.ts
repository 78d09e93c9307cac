import assert from "node:assert/strict";
import { rrFeatures } from "../../../../gateway/rhythm/episodes/rr";
import { bandPower, spectraOf } from "../../../../gateway/rhythm/episodes/spectrum";

const near = (value: number | undefined, expected: number, by = 1e-6) =>
  assert.ok(Math.abs(value! - expected) < by, `${value} is not ${expected}`);

describe("figures of intervals", () => {
  it("of a clock are those of no change at all", () => {
    const figures = rrFeatures(new Array(40).fill(0.8));
    near(figures.usual, 0.8);
    near(figures.spread, 0);
    near(figures.rmssd, 0);
    near(figures.early, 0);
    near(figures.entropy, 0);
    near(figures.lorenzOrigin, 1);
    near(figures.longestRegular, 39 / 40);
  });

  it("of bigeminy are worked out by hand", () => {
    // 0.6 and 1.0 in turns: the usual is 0.8, every step half of it.
    const figures = rrFeatures(Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : 0.6)));
    near(figures.usual, 0.8);
    near(figures.spread, 0.25);
    near(figures.rmssd, 0.5);
    near(figures.stepMedian, 0.5);
    near(figures.turning, 1);
    near(figures["stepsOver0.2"], 1);
    near(figures.lag2, 38 / 40);
    // Two groups explain everything, and lie 0.5 apart.
    near(figures.twoModes, 0);
    near(figures.twoModesApart, 0.5);
    // Pairs of intervals fall into two cells.
    near(figures.planeEntropy, Math.log(2) / Math.log(39), 0.01);
  });

  it("count one premature beat and its pause", () => {
    const intervals = new Array<number>(30).fill(0.8);
    intervals[12] = 0.5;
    intervals[13] = 1.1;
    const figures = rrFeatures(intervals);
    near(figures.early, 1 / 30);
    near(figures.late, 1 / 30);
    near(figures.pairs, 1);
    near(figures.cleanRmssd, 0);
    near(figures.cleanShare, 28 / 30);
  });

  it("keep names and order whatever the length", () => {
    const names = Object.keys(rrFeatures([0.8, 0.9]));
    for (const count of [0, 1, 5, 200])
      assert.deepEqual(Object.keys(rrFeatures(new Array(count).fill(0.7))), names);
  });
});

describe("spectra of two signals at once", () => {
  it("hold each signal's own lines", () => {
    const sine = (hertz: number, height: number) =>
      Float64Array.from({ length: 2048 }, (_, i) => height * Math.sin((2 * Math.PI * hertz * i) / 200));
    const { first, second } = spectraOf(sine(6.25, 1), sine(25, 2));
    assert.ok(bandPower(first, 5, 8) > 0.999 * bandPower(first, 0.5, 99));
    assert.ok(bandPower(second, 23, 27) > 0.999 * bandPower(second, 0.5, 99));
    near(bandPower(second, 20, 30) / bandPower(first, 3, 10), 4, 0.01);
  });
});
