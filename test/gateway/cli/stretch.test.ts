import assert from "node:assert/strict";
import { stretchOf } from "../../../gateway/cli/stretch";
import { sourceOf } from "../export/source";

/** Three hours at 250 a second, over the end of summer time in Berlin. */
const START = Date.parse("2026-10-25T00:00:00Z");
const infoOf = (startMs: number) => sourceOf({ signals: [new Int32Array(10)], info: { startMs } }).study.info;

describe("options --from and --to", () => {
  let zone: string | undefined;
  before(() => {
    zone = process.env.TZ;
    process.env.TZ = "Europe/Berlin";
  });
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  const sampleAt = (from: string, startMs = START) => stretchOf(infoOf(startMs), { from }).from;
  const hours = (count: number) => count * 3600 * 250;

  it("take seconds since the recording's start, and nothing at all", () => {
    assert.equal(sampleAt("1.5"), 375);
    assert.deepEqual(stretchOf(infoOf(START), {}), { from: undefined, to: undefined });
    assert.deepEqual(stretchOf(infoOf(0), { from: "0", to: "2" }), { from: 0, to: 500 });
  });

  it("take local time, and a time with its own zone", () => {
    assert.equal(sampleAt("2026-10-25T04:00"), hours(3));
    assert.equal(sampleAt("2026-10-25 03:00:00.500"), hours(2) + 125);
    assert.equal(sampleAt("2026-10-25T01:00:00Z"), hours(1));
    assert.equal(sampleAt("2026-10-25T02:30+02:00"), hours(0.5));
    assert.equal(sampleAt("2026-10-25T02:30+01:00"), hours(1.5));
    // Before the recording began it is its beginning.
    assert.equal(sampleAt("2026-10-24T23:00"), 0);
  });

  it("ask which of two is meant where clocks showed it twice, and refuse what no clock showed", () => {
    assert.throws(
      () => sampleAt("2026-10-25T02:30"),
      /twice; add which is meant, as in 2026-10-25T02:30\+02:00$/,
    );
    assert.throws(() => sampleAt("2026-03-29T02:30"), /no clock here showed that time/);
    assert.throws(() => sampleAt("2026-02-30T12:00"), /no clock here showed that time/);
  });

  it("refuse what is no moment, and times where nobody set the clock", () => {
    assert.throws(() => sampleAt("noon"), /expected seconds, or a time/);
    assert.throws(() => sampleAt("-1"), /expected seconds/);
    assert.throws(() => sampleAt("2026-10-25T04:00", 0), /nobody set the handheld's clock/);
  });
});
