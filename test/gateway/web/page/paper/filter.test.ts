import assert from "node:assert/strict";
import { NO_SAMPLE } from "../../../../../gateway/schema/signal";
import { type Filters, filtered, RAW } from "../../../../../gateway/web/page/paper/filter";

const RATE = 500;
const SECONDS = 20;
const HEIGHT = 10_000;
const BASELINE = 300;

const sine = (hz: number) =>
  Int32Array.from({ length: SECONDS * RATE }, (_, n) =>
    Math.round(BASELINE + HEIGHT * Math.sin((2 * Math.PI * hz * n) / RATE)),
  );
const through = (values: Int32Array, filters: Partial<Filters>) =>
  filtered({ from: 0, step: 1, values }, { ...RAW, ...filters }, RATE, BASELINE).values;

/** Height and lag of what is left of a sine, by least squares over the middle seconds. */
function left(hz: number, filters: Partial<Filters>): { height: number; lag: number } {
  const values = through(sine(hz), filters);
  let [real, imaginary, count] = [0, 0, 0];
  for (let n = 5 * RATE; n < 15 * RATE; n++) {
    const angle = (2 * Math.PI * hz * n) / RATE;
    real += (values[n]! - BASELINE) * Math.sin(angle);
    imaginary += (values[n]! - BASELINE) * Math.cos(angle);
    count++;
  }
  const [a, b] = [(2 * real) / count, (2 * imaginary) / count];
  return { height: Math.hypot(a, b) / HEIGHT, lag: Math.atan2(b, a) };
}

/** Butterworth of second order with the bilinear transform's frequencies, there and back: its magnitude squared. */
const warped = (hz: number) => Math.tan((Math.PI * hz) / RATE);
const lowPass = (hz: number) => 1 / (1 + (warped(hz) / warped(40)) ** 4);
const highPass = (hz: number) => 1 / (1 + (warped(0.67) / warped(hz)) ** 4);

describe("page: filters", () => {
  it("weaken as Butterworth's do, there and back, and move nothing", () => {
    for (const hz of [0.2, 0.5, 1, 5, 20, 40, 80, 120]) {
      for (const [filters, expected] of [
        [{ baseline: true }, highPass(hz)],
        [{ muscle: true }, lowPass(hz)],
      ] as const) {
        const { height, lag } = left(hz, filters);
        assert.ok(Math.abs(height - expected) < 0.005, `${hz} Hz: ${height}, not ${expected}`);
        if (expected > 0.05) assert.ok(Math.abs(lag) < 0.01, `${hz} Hz lags by ${lag}`);
      }
    }
  });

  it("take the mains out, and little beside it", () => {
    for (const mains of [50, 60] as const) {
      assert.ok(left(mains, { mains }).height < 0.01);
      assert.ok(left(mains - 15, { mains }).height > 0.9);
      assert.ok(left(10, { mains }).height > 0.99);
    }
  });

  it("leave gaps as they are, what lies beyond them aside, and pairs alone", () => {
    const values = sine(5);
    values.fill(NO_SAMPLE, 4000, 4100);
    const both = through(values, { baseline: true, muscle: true });
    assert.ok(both.subarray(4000, 4100).every((value) => value === NO_SAMPLE));
    assert.ok(!both.subarray(0, 4000).includes(NO_SAMPLE) && !both.subarray(4100).includes(NO_SAMPLE));
    assert.deepEqual(
      both.subarray(0, 4000),
      through(values.subarray(0, 4000), { baseline: true, muscle: true }),
    );
    const pairs = { from: 0, step: 2, values: Int32Array.of(1, 2, 3, 4) };
    assert.equal(filtered(pairs, { baseline: true, muscle: true }, RATE, 0), pairs);
    assert.deepEqual(through(Int32Array.of(7), { muscle: true }), Int32Array.of(7));
  });

  it("do not bend where the signal begins and ends", () => {
    const flat = new Int32Array(1000).fill(BASELINE + 500);
    assert.deepEqual(through(flat, { muscle: true, mains: 50 }), flat);
    assert.deepEqual(through(flat, { baseline: true }), new Int32Array(1000).fill(BASELINE));
  });
});
