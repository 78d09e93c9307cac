import assert from "node:assert/strict";
import { NO_SAMPLE } from "../../../../../gateway/schema/signal";
import { drawGaps, hatchLines } from "../../../../../gateway/web/page/paper/hatching";
import { overviewPlace, stepFor, windowShare } from "../../../../../gateway/web/page/paper/overview";
import { countAt, gapsIn, joined } from "../../../../../gateway/web/page/paper/samples";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { drawTrace } from "../../../../../gateway/web/page/paper/trace";
import { Recorder } from "./recorder";

const AREA = { left: 0, top: 0, width: 100, height: 100 };
/** A pixel a sample and a count, 0 in the middle. */
const PLACE = { x0: 0, pxPerSample: 1, y0: 50, pxPerCount: 1, baseline: 0 };

function traced(from: number, step: number, values: number[], place = PLACE) {
  const recorder = new Recorder();
  drawTrace(recorder, AREA, { from, step, values: Int32Array.from(values) }, place, 1, "black");
  return recorder.strokes[0]!.lines;
}

describe("paper: curves and gaps", () => {
  it("goes straight from sample to sample, and never across a gap", () => {
    assert.deepEqual(traced(10, 1, [0, 5, NO_SAMPLE, NO_SAMPLE, -5, 0]), [
      [
        [10, 50],
        [11, 45],
      ],
      [
        [14, 55],
        [15, 50],
      ],
    ]);
  });

  it("shows a sample that stands alone", () => {
    const lines = traced(0, 1, [NO_SAMPLE, 3, NO_SAMPLE]);
    assert.equal(lines.length, 1);
    assert.deepEqual(lines[0], [
      [1, 47],
      [2, 47],
    ]);
  });

  it("draws from the smallest to the largest of many, joined at the nearer end", () => {
    assert.deepEqual(traced(0, 4, [-2, 8, 9, 20, NO_SAMPLE, NO_SAMPLE, 1, 2]), [
      [
        [2, 52],
        [2, 42],
        [6, 41],
        [6, 30],
      ],
      [
        [14, 49],
        [14, 48],
      ],
    ]);
  });

  it("draws what is on the paper, and one sample more on each side", () => {
    const values = Array.from({ length: 10_000 }, () => 0);
    const [line] = traced(0, 1, values, { ...PLACE, x0: -5000 });
    assert.equal(line![0]![0], -1);
    assert.equal(line!.at(-1)![0], 101);
  });

  it("finds gaps in samples and in pairs, as samples", () => {
    const no = NO_SAMPLE;
    assert.deepEqual(gapsIn({ from: 7, step: 1, values: Int32Array.of(no, 1, no, no, 2, no) }), [
      { from: 7, to: 8 },
      { from: 9, to: 11 },
      { from: 12, to: 13 },
    ]);
    assert.deepEqual(gapsIn({ from: 64, step: 32, values: Int32Array.of(1, 2, no, no, no, no, 3, 4) }), [
      { from: 96, to: 160 },
    ]);
  });

  it("joins ranges that touch, and reads single samples only where there are", () => {
    assert.deepEqual(
      joined([
        { from: 8, to: 9 },
        { from: 1, to: 3 },
        { from: 3, to: 5 },
        { from: 2, to: 4 },
        { from: 6, to: 6 },
      ]),
      [
        { from: 1, to: 5 },
        { from: 8, to: 9 },
      ],
    );
    const piece = { from: 5, step: 1, values: Int32Array.of(9, NO_SAMPLE) };
    assert.deepEqual([countAt(piece, 4), countAt(piece, 5), countAt(piece, 6)], [undefined, 9, undefined]);
    assert.equal(countAt({ from: 0, step: 2, values: Int32Array.of(9, 9) }, 0), undefined);
  });

  it("hatches at 45 degrees, within the gap, and stays where it is while the paper moves", () => {
    const lines = hatchLines({ left: 10, top: 20, width: 50, height: 30 }, 8, 3);
    assert.ok(lines.length >= 9);
    for (const [x1, y1, x2, y2] of lines) {
      assert.ok(Math.abs(x2 - x1 - (y1 - y2)) < 1e-9);
      assert.ok(x1 >= 10 && x2 <= 60 && y2 >= 20 && y1 <= 50);
      const hung = (x1 + y1 - 3) / 8;
      assert.ok(Math.abs(hung - Math.round(hung)) < 1e-9);
    }
  });

  it("shows a gap of one sample at every zoom", () => {
    const recorder = new Recorder();
    const place = { ...PLACE, pxPerSample: 0.001 };
    drawGaps(recorder, AREA, [{ from: 50_000, to: 50_001 }], place, screenScale(25, 10, 1, 4), "grey");
    const xs = recorder.strokes[0]!.lines.flat().map(([x]) => x);
    assert.equal(Math.min(...xs), 50);
    assert.equal(Math.max(...xs), 52);
  });

  it("overview: as coarse as its pixels allow, one artefact flattens nothing, the window stays visible", () => {
    // 24 h at 250 Hz over 1,000 px: 21,600 samples a pixel, so 2^14.
    assert.equal(stepFor(24 * 3600 * 250, 1000, 2 ** 21), 2 ** 14);
    assert.equal(stepFor(500, 1000, 2 ** 21), 1);
    const values = Int32Array.from({ length: 2000 }, (_, n) => (n % 2 ? 100 : -100));
    values[7] = 1_000_000;
    const place = overviewPlace(AREA, 1000, { from: 0, step: 1, values });
    assert.equal(place.pxPerCount, 90 / 200);
    assert.deepEqual(windowShare(1e9, 1000, { from: 0, to: 10 }), { left: 0, width: 0.004 });
    assert.deepEqual(windowShare(1000, 1000, { from: 500, to: 750 }), { left: 0.5, width: 0.25 });
    assert.deepEqual(windowShare(100, 1000, { from: 0, to: 900 }), { left: 0, width: 1 });
  });
});
