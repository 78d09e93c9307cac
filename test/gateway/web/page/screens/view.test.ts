import assert from "node:assert/strict";
import { Gestures, wheelFactor } from "../../../../../gateway/web/page/screens/gestures";
import {
  atSpeed,
  fitted,
  leastSpeed,
  panned,
  shown,
  zoomed,
} from "../../../../../gateway/web/page/screens/view";

/** 24 h at 250 Hz on 200 mm. */
const FRAME = { samples: 24 * 3600 * 250, rate: 250, millimetres: 200 };
const VIEW = { from: 1000, speed: 25, gain: 10 };

describe("page: moving and zooming", () => {
  it("shows 8 s on 200 mm at 25 mm/s, and never leaves the recording", () => {
    assert.equal(shown(VIEW, FRAME), 2000);
    assert.equal(panned(VIEW, -5000, FRAME).from, 0);
    assert.equal(panned(VIEW, 1e9, FRAME).from, FRAME.samples - 2000);
  });

  it("zooms around what is under the pointer", () => {
    for (const at of [0, 0.3, 1])
      for (const factor of [0.5, 2, 4]) {
        const before = { ...VIEW, from: 500_000 };
        const after = zoomed(before, factor, at, FRAME);
        assert.equal(after.speed, 25 * factor);
        const under = (view: typeof VIEW) => view.from + at * shown(view, FRAME);
        assert.ok(Math.abs(under(after) - under(before)) < 1e-6);
      }
  });

  it("goes out to the whole recording, and in to 100 mm/s", () => {
    const whole = zoomed(VIEW, 1e-9, 0.5, FRAME);
    assert.equal(whole.from, 0);
    assert.ok(Math.abs(shown(whole, FRAME) - FRAME.samples) < 1e-3);
    assert.equal(whole.speed, leastSpeed(FRAME));
    assert.equal(zoomed(VIEW, 1e9, 0.5, FRAME).speed, 100);
  });

  it("a strip shorter than the paper begins at its left edge, at every standard speed", () => {
    const short = { samples: 250, rate: 250, millimetres: 200 };
    for (const speed of [12.5, 25, 50])
      assert.deepEqual(fitted({ from: 99, speed, gain: 10 }, short), { from: 0, speed, gain: 10 });
    assert.equal(atSpeed(VIEW, 50, FRAME).speed, 50);
  });

  it("takes two fingers for a zoom, and one for a pull", () => {
    const gestures = new Gestures();
    assert.equal(gestures.move(1, 10), undefined);
    gestures.down(1, 100);
    assert.deepEqual(gestures.move(1, 130), { pan: 30, factor: 1, at: 130 });
    gestures.down(2, 230);
    assert.deepEqual(gestures.move(2, 330), { pan: 0, factor: 2, at: 130 });
    gestures.up(2);
    assert.deepEqual(gestures.move(1, 120), { pan: -10, factor: 1, at: 120 });
    assert.equal(wheelFactor(-200, 0), 2);
    assert.equal(wheelFactor(12.5, 1), 0.5);
    assert.equal(wheelFactor(1e9, 0), 0.25);
  });
});
