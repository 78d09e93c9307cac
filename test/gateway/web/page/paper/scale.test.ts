import assert from "node:assert/strict";
import { gridLines } from "../../../../../gateway/web/page/paper/grid";
import { countsPerMillivolt, placeOf, sampleAt, xOf, yOf } from "../../../../../gateway/web/page/paper/place";
import { pulsePoints } from "../../../../../gateway/web/page/paper/pulse";
import {
  calibrate,
  GAINS,
  printScale,
  pxPerMillivolt,
  pxPerMm,
  pxPerSecond,
  SPEEDS,
  screenScale,
} from "../../../../../gateway/web/page/paper/scale";

describe("paper: scale, grid and places", () => {
  it("has 96 px to the inch in print, and on a screen what the ruler said", () => {
    assert.equal((printScale(25, 10).cssPxPerMm * 25.4).toFixed(9), "96.000000000");
    // A line of 400 px that measures 80 mm.
    assert.equal(calibrate(400, 80), 5);
    assert.equal(pxPerMm(screenScale(25, 10, 2, 5)), 10);
    assert.equal(pxPerSecond(screenScale(50, 10, 3, 5)), 750);
    assert.equal(pxPerMillivolt(screenScale(25, 20, 1, 5)), 100);
  });

  it("is true to size only once a ruler was laid on it, and takes no typing error for one", () => {
    assert.equal(screenScale(25, 10, 1, undefined).trueToSize, false);
    assert.equal(screenScale(25, 10, 1, 4).trueToSize, true);
    for (const millimetres of [0, -80, 8, 800, Number.NaN])
      assert.equal(calibrate(400, millimetres), undefined);
  });

  it("draws each line at the pixels nearest to its millimetre, and as sharp as they are", () => {
    for (const ratio of [1, 1.25, 1.5, 2, 3]) {
      const scale = screenScale(25, 10, ratio, undefined);
      const lines = gridLines(0, 3000, 7.3, scale);
      const mm = pxPerMm(scale);
      const fine = lines.filter(({ strong }) => !strong);
      // Four fine ones between two strong ones.
      assert.ok(Math.abs(fine.length - (3000 / mm) * (4 / 5)) < 5);
      const first = Math.ceil(-7.3 / mm);
      for (const [n, { at, strong }] of lines.entries()) {
        const exact = 7.3 + (first + n) * mm;
        assert.ok(Math.abs(at - exact) <= 0.5, `line ${n} is at ${at}, not at ${exact}`);
        assert.equal(strong, (first + n) % 5 === 0);
        const width = Math.max(1, Math.round((strong ? 0.2 : 0.1) * mm));
        assert.equal((at - width / 2) % 1, 0, `a stroke of ${width} px at ${at} is blurred`);
      }
    }
  });

  it("leaves the fine lines away where they would be one veil", () => {
    const scale = screenScale(25, 10, 1, 2);
    assert.ok(gridLines(0, 500, 0, scale).every(({ strong }) => strong));
  });

  it("puts a second and a millivolt where speed and gain say, and finds the sample again", () => {
    for (const speed of SPEEDS)
      for (const gain of GAINS) {
        const scale = screenScale(speed, gain, 2, 5);
        const place = placeOf(scale, 40, 1000.5, 250, 300, 1024, 200);
        assert.ok(Math.abs(xOf(place, 1250.5) - xOf(place, 1000.5) - speed * 10) < 1e-9);
        assert.equal(xOf(place, 1000.5), 40);
        assert.equal(yOf(place, 1024), 300);
        // Up is positive, and screens count down.
        assert.equal(yOf(place, 1224), 300 - gain * 10);
        assert.ok(Math.abs(sampleAt(place, xOf(place, 4321)) - 4321) < 1e-9);
      }
  });

  it("knows microvolts and volts, and no voltage without a gain or under another unit", () => {
    assert.equal(countsPerMillivolt({ unit: "mV", gain: 200, baseline: 0 }), 200);
    assert.equal(countsPerMillivolt({ unit: "uV", gain: 2, baseline: 0 }), 2000);
    assert.equal(countsPerMillivolt({ unit: "V", gain: 1e6, baseline: 0 }), 1000);
    assert.equal(countsPerMillivolt({ unit: "mv", gain: 200, baseline: 0 }), 200);
    assert.equal(countsPerMillivolt({ unit: "mV", gain: 0, baseline: 0 }), undefined);
    assert.equal(countsPerMillivolt({ unit: "mmHg", gain: 10, baseline: 0 }), undefined);
  });

  it("draws 1 mV for 200 ms at the head of a strip", () => {
    const points = pulsePoints(10, 200, screenScale(50, 5, 1, 4));
    // 5 mm/mV at 4 px/mm up; 200 ms at 50 mm/s = 10 mm.
    assert.deepEqual(points, [
      [10, 200],
      [14, 200],
      [14, 180],
      [54, 180],
      [54, 200],
      [58, 200],
    ]);
  });
});
