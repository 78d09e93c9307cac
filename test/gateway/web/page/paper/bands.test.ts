import assert from "node:assert/strict";
import { NO_SAMPLE } from "../../../../../gateway/schema/signal";
import { bandsFor, heightOf } from "../../../../../gateway/web/page/paper/bands";
import { LIGHT } from "../../../../../gateway/web/page/paper/ink";
import { drawLeaving, leavesPaper } from "../../../../../gateway/web/page/paper/leaving";
import { extremesOf, reachBetween, usualReach, widened } from "../../../../../gateway/web/page/paper/reach";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { bandsOf, isCut } from "../../../../../gateway/web/page/paper/strip";
import { Recorder } from "./recorder";

const LEAD = { unit: "mV", gain: 100, baseline: 1000 };
const ROW = [[{ row: 0, from: 0, to: 1 }]];
const LIMITS = { least: 40, most: 100 };
/** 1 mm is 4 px. */
const SCALE = screenScale(25, 10, 1, 4);
const pieceOf = (values: number[], step = 1) => ({ from: 0, step, values: Int32Array.from(values) });
const bandOf = (above: number, below: number, gain = 10) =>
  bandsFor(ROW, [{ above, below }], gain, LIMITS)[0]!;

describe("paper: bands as high as their curves", () => {
  it("are two large squares and two on each side where 1.8 mV are enough, and grow by whole ones", () => {
    assert.deepEqual(bandsFor(ROW, [undefined], 10, LIMITS), [{ above: 20, below: 20 }]);
    assert.deepEqual(bandOf(1.8, 1.8), { above: 20, below: 20 });
    // 2 mV are 20 mm, and 2 more are left free.
    assert.deepEqual(bandOf(2, 0.5), { above: 25, below: 20 });
    assert.deepEqual(bandOf(3, 0.5), { above: 35, below: 20 });
    assert.deepEqual(bandOf(3, 0.5, 5), { above: 20, below: 20 });
    assert.deepEqual(bandOf(3, 0.5, 20), { above: 65, below: 20 });
  });

  it("end at the most, and what one side does not need is the other one's", () => {
    assert.deepEqual(bandOf(400, 0), { above: 80, below: 20 });
    assert.deepEqual(bandOf(0, 400), { above: 20, below: 80 });
    assert.deepEqual(bandOf(400, 400), { above: 50, below: 50 });
    assert.deepEqual(bandOf(400, 3), { above: 65, below: 35 });
  });

  it("have room for the highest of the leads that share one", () => {
    const layout = [
      [
        { row: 0, from: 0, to: 0.5 },
        { row: 1, from: 0.5, to: 1 },
      ],
      [{ row: 0, from: 0, to: 1 }],
    ];
    const reaches = [
      { above: 1, below: 2.5 },
      { above: 3, below: 0 },
    ];
    const bands = bandsFor(layout, reaches, 10, LIMITS);
    assert.deepEqual(bands, [
      { above: 35, below: 30 },
      { above: 20, below: 30 },
    ]);
    assert.equal(heightOf(bands), 115);
  });

  it("stand below each other with each 0 mV where its band has it, whatever is shown", () => {
    const bands = [
      { above: 35, below: 20 },
      { above: 20, below: 30 },
    ];
    const strip = {
      rows: [0, 1].map(() => ({ name: "I", lead: LEAD, pieces: [pieceOf([1000, 1300])] })),
      layout: [[{ row: 0, from: 0, to: 1 }], [{ row: 1, from: 0, to: 1 }]],
      bands,
      rate: 250,
      from: 0,
      samples: 2,
      gaps: [],
      marks: [],
      scale: SCALE,
      uncalibrated: "",
    };
    const area = { left: 0, top: 10, width: 400, height: 105 * 4 };
    const { cells } = bandsOf(strip, area);
    assert.deepEqual(
      cells.map(({ area: cell, place }) => [cell.top, cell.height, place.y0]),
      [
        [10, 220, 150],
        [230, 200, 310],
      ],
    );
    // 3 mV are 120 px: 20 mm of the second one are too few.
    assert.equal(isCut(strip, area), true);
    assert.equal(isCut({ ...strip, rows: [strip.rows[0]!, { ...strip.rows[1]!, pieces: [] }] }, area), false);
  });
});

describe("paper: how far a curve reaches", () => {
  it("is what is held, from the baseline, in mV; nothing, and what has no voltage, reaches nowhere", () => {
    const extremes = extremesOf([pieceOf([NO_SAMPLE, 1300]), pieceOf([950, NO_SAMPLE])]);
    assert.deepEqual(extremes, { least: 950, most: 1300 });
    assert.deepEqual(reachBetween(LEAD, extremes), { above: 3, below: 0.5 });
    assert.equal(extremesOf([pieceOf([NO_SAMPLE])]), undefined);
    assert.equal(reachBetween({ ...LEAD, gain: 0 }, extremes), undefined);
    assert.deepEqual(widened({ above: 1, below: 2 }, { above: 2, below: 1 }), { above: 2, below: 2 });
    assert.deepEqual(widened(undefined, { above: 2, below: 1 }), { above: 2, below: 1 });
  });

  it("of half a minute is all of it, of a day all but its wildest fiftieth", () => {
    const rate = 10;
    const seconds = (count: number, wild: number) =>
      Array.from({ length: count * rate }, (_, n) => (n < wild * rate ? 9000 : n % rate === 5 ? 1200 : 1000));
    assert.equal(usualReach(LEAD, [pieceOf(seconds(30, 1))], rate)!.above, 80);
    assert.equal(usualReach(LEAD, [pieceOf(seconds(1000, 20))], rate)!.above, 2);
    assert.equal(usualReach(LEAD, [pieceOf(seconds(1000, 21))], rate)!.above, 80);
    // The same in pairs of four samples, and of forty.
    for (const step of [4, 40]) {
      const all = seconds(1000, 16);
      const pairs = Array.from({ length: all.length / step }, (_, n) => all.slice(n * step, (n + 1) * step));
      const piece = pieceOf(
        pairs.flatMap((one) => [Math.min(...one), Math.max(...one)]),
        step,
      );
      assert.equal(usualReach(LEAD, [piece], rate)!.above, 2, `pairs of ${step}`);
    }
  });
});

describe("paper: where a curve leaves it", () => {
  const area = { left: 0, top: 0, width: 100, height: 80 };
  /** 0 mV in the middle, 10 px to 100 counts, a sample a pixel. */
  const place = { x0: 0, pxPerSample: 1, y0: 40, pxPerCount: 0.1, baseline: 1000 };
  const marked = (values: number[], step = 1) => {
    const recorder = new Recorder();
    drawLeaving(recorder, area, pieceOf(values, step), place, SCALE, LIGHT.tool);
    return recorder.strokes.flatMap(({ lines }) => lines.filter((line) => line.length === 2));
  };

  it("is marked at the edge that it crosses, and nowhere else", () => {
    assert.equal(leavesPaper(area, [pieceOf([1400, 600, 1000])], place), false);
    assert.deepEqual(marked([1400, 600, 1000]), []);
    assert.deepEqual(marked([1000, 1401, NO_SAMPLE, 599]), [
      [
        [-1, 0],
        [3, 0],
      ],
      [
        [1, 80],
        [5, 80],
      ],
    ]);
    assert.equal(marked([599, 1401], 8).length, 2, "a pair crosses both");
  });

  it("is not said of what lies beside the window", () => {
    const values = Array.from({ length: 300 }, (_, n) => (n > 110 ? 9000 : 1000));
    assert.equal(leavesPaper(area, [pieceOf(values)], place), false);
  });
});
