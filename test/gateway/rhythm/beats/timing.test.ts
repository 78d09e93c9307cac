import assert from "node:assert/strict";
import { KEPT_INTERVALS, measureTiming, TIMINGS } from "../../../../gateway/rhythm/beats/timing";

/** What is measured of the beat behind `before` intervals, with two behind it. */
function timing(before: number[], behind: number, next: number, rate = 1): Record<string, number> {
  const ring = new Float64Array(KEPT_INTERVALS);
  before.forEach((interval, k) => {
    ring[k % KEPT_INTERVALS] = interval * rate;
  });
  const values = new Float64Array(TIMINGS.length);
  measureTiming(ring, before.length, behind * rate, next * rate, rate, values);
  return Object.fromEntries(TIMINGS.map((name, k) => [name, values[k]!]));
}

const steady = (count: number, interval = 1) => new Array<number>(count).fill(interval);

describe("what a beat's intervals tell", () => {
  it("is nothing unusual in a steady rhythm", () => {
    const told = timing(steady(100), 1, 1);
    for (const name of [
      "before",
      "behind",
      "next",
      "beforeToLong",
      "bothToLong",
      "usual",
      "usualToLong",
      "short",
    ])
      assert.equal(told[name], 1, name);
    for (const name of ["irregular", "irregularLong", "early", "drops", "rank"])
      assert.equal(told[name], 0, name);
    assert.equal(told.alike, 1);
  });

  it("is an early beat and the pause behind it, as shares of the usual interval", () => {
    const told = timing([...steady(100, 0.8), 0.48], 1.12, 0.8);
    const close = (name: string, value: number) =>
      assert.ok(Math.abs(told[name]! - value) < 1e-9, `${name} ${told[name]}`);
    close("before", 0.6);
    close("behind", 1.4);
    close("bothToLong", 1);
    close("beforeToLast", 0.6);
    close("behindToBefore", 1.12 / 0.48);
    close("usual", 0.8);
    close("early", 1 / 8);
    close("drops", 1 / 16);
    close("alike", 47 / 48);
  });

  it("holds a run of quick beats against the minute before it", () => {
    const told = timing([...steady(60), ...steady(14, 0.5)], 0.5, 0.5);
    assert.equal(told.before, 1);
    assert.equal(told.beforeToLong, 0.5);
    assert.equal(told.usualToLong, 0.5);
    assert.equal(told.early, 1);
  });

  it("does not depend on the sampling rate, and counts no pause for more than four intervals", () => {
    const before = [...steady(20, 0.75), 0.5, 1, 0.75, 0.5];
    assert.deepEqual(timing(before, 30, 0.75, 128), timing(before, 30, 0.75, 512));
    assert.equal(timing(before, 30, 0.75).behind, 4);
  });

  it("says of a first beat, and of one behind a single interval, only numbers", () => {
    for (const before of [[], [0.8], [0.8, 0.4]])
      assert.ok(Object.values(timing(before, 0.8, 0.8)).every(Number.isFinite));
  });
});
