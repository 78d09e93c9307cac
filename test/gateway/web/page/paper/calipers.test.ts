import assert from "node:assert/strict";
import { NO_SAMPLE } from "../../../../../gateway/schema/signal";
import {
  marchOut,
  moved,
  nearerFoot,
  nudged,
  placed,
  readCalipers,
} from "../../../../../gateway/web/page/paper/calipers";
import { drawCalipers } from "../../../../../gateway/web/page/paper/calipersdrawn";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { Recorder } from "./recorder";

describe("paper: calipers", () => {
  it("stand on samples, and on none that the recording lacks", () => {
    assert.deepEqual(placed({ a: 0, b: 9 }, "a", 4.4, 10), { a: 4, b: 9 });
    assert.deepEqual(placed({ a: 0, b: 9 }, "b", 1e9, 10), { a: 0, b: 9 });
    assert.deepEqual(placed({ a: 5, b: 9 }, "a", -3, 10), { a: 0, b: 9 });
    assert.deepEqual(nudged({ a: 5, b: 9 }, "a", -1, 10), { a: 4, b: 9 });
    assert.deepEqual(nudged({ a: 0, b: 9 }, "a", -1, 10), { a: 0, b: 9 });
  });

  it("keep their distance when both are moved, also at the ends", () => {
    assert.deepEqual(moved({ a: 8, b: 3 }, -10, 10), { a: 5, b: 0 });
    assert.deepEqual(moved({ a: 8, b: 3 }, 10, 10), { a: 9, b: 4 });
  });

  it("read ms, beats a minute and mV", () => {
    // 360 Hz: 300 samples are 833.3 ms, 72 a minute.
    const values = new Int32Array(400).fill(1024);
    values[350] = 1224;
    values[51] = NO_SAMPLE;
    const piece = { from: 1000, step: 1, values };
    const { samples, milliseconds, perMinute, millivolts } = readCalipers(
      { a: 1050, b: 1350 },
      360,
      piece,
      200,
    );
    assert.deepEqual([samples, milliseconds.toFixed(1), perMinute, millivolts], [300, "833.3", 72, 1]);
    assert.equal(readCalipers({ a: 1350, b: 1050 }, 360, piece, 200).millivolts, -1);
  });

  it("read no voltage in a gap, off the piece or uncalibrated, and no rate of nothing", () => {
    const piece = { from: 0, step: 1, values: Int32Array.of(1, NO_SAMPLE, 3) };
    assert.equal(readCalipers({ a: 0, b: 1 }, 250, piece, 200).millivolts, undefined);
    assert.equal(readCalipers({ a: 0, b: 3 }, 250, piece, 200).millivolts, undefined);
    assert.equal(readCalipers({ a: 0, b: 2 }, 250, piece).millivolts, undefined);
    assert.equal(readCalipers({ a: 2, b: 2 }, 250, piece, 200).perMinute, undefined);
  });

  it("march out to both sides, without the feet", () => {
    assert.deepEqual(marchOut({ a: 130, b: 100 }, 25, 225), [40, 70, 160, 190, 220]);
    assert.deepEqual(marchOut({ a: 5, b: 5 }, 0, 100), []);
    assert.equal(nearerFoot({ a: 10, b: 20 }, 16), "b");
  });

  it("march out over a day in no more lines than the paper takes", () => {
    const recorder = new Recorder();
    const area = { left: 0, top: 0, width: 1000, height: 100 };
    const place = { x0: 0, pxPerSample: 1e-4, y0: 0, pxPerCount: 1, baseline: 0 };
    drawCalipers(recorder, area, { a: 5, b: 6 }, place, screenScale(25, 10, 1, 4), "blue", true);
    assert.equal(recorder.strokes.length, 1);
  });

  it("march out only when asked to", () => {
    const area = { left: 0, top: 0, width: 1000, height: 100 };
    const place = { x0: 0, pxPerSample: 1, y0: 0, pxPerCount: 1, baseline: 0 };
    const [out, alone] = [true, false].map((marchesOut) => {
      const recorder = new Recorder();
      drawCalipers(recorder, area, { a: 100, b: 300 }, place, screenScale(25, 10, 1, 4), "blue", marchesOut);
      return recorder.strokes.map(({ lines }) => lines.map(([[x]]) => x));
    });
    // The last line is the bridge between the feet.
    assert.deepEqual(out, [
      [500, 700, 900],
      [100, 300, 100],
    ]);
    assert.deepEqual(alone, [[100, 300, 100]]);
  });
});
