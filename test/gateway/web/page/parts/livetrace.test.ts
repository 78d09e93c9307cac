import assert from "node:assert/strict";
import type { Recording } from "../../../../../gateway/schema/recordings";
import { LiveTrace } from "../../../../../gateway/web/page/parts/livetrace";
import { RATE, sampleAt } from "../fakehub";

const RECORDING = {
  id: "r1",
  state: "recording",
  samples: 30 * RATE,
  form: { rateNum: RATE, rateDen: 1, leads: [{ name: "I", unit: "mV", gain: 500, baseline: 0 }] },
} as Recording;

const second = (value: (n: number) => number, from: number) =>
  Int32Array.from({ length: RATE }, (_, n) => value(from + n));

describe("page: the live trace", () => {
  const trace = () => {
    const fresh = new LiveTrace(false);
    fresh.begin(RECORDING);
    return fresh;
  };
  const feed = (to: LiveTrace, at: number, value: (n: number) => number) =>
    to.add("r1", at * RATE, [second(value, at * RATE)], 0);

  it("asks for the ten seconds that the hub holds, once, and for no more than a screen of what it missed", () => {
    const live = trace();
    assert.deepEqual(live.past(), { from: 20 * RATE, to: 30 * RATE });
    feed(live, 30, sampleAt);
    assert.equal(live.past(), undefined);
    assert.deepEqual(live.shownOf({ from: 0, to: 900 * RATE }), { from: 860 * RATE, to: 900 * RATE });
    live.clear();
    assert.deepEqual(live.past(), { from: 20 * RATE, to: 30 * RATE });
    live.begin({ ...RECORDING, id: "r2", samples: 0 });
    assert.equal(live.past(), undefined);
    live.begin({ ...RECORDING, state: "closed" });
    assert.equal(live.past(), undefined);
  });

  it("cannot be read after two seconds of nothing, or of noise, and can again after one of a heart", () => {
    const flat = () => 0;
    // Up to 2 mV from one sample to the next: what no electrode on a calm arm gives.
    const noise = (n: number) => {
      const mixed = Math.imul(n ^ (n >>> 7), 0x45d9f3b);
      return ((Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 8) % 1009) - 504;
    };
    for (const bad of [flat, noise]) {
      const live = trace();
      feed(live, 30, sampleAt);
      feed(live, 31, bad);
      assert.equal(live.isLegible, true);
      feed(live, 32, bad);
      assert.equal(live.isLegible, false);
      // Late: of before.
      feed(live, 29, sampleAt);
      assert.equal(live.isLegible, false);
      feed(live, 33, sampleAt);
      assert.equal(live.isLegible, true);
    }
  });
});
