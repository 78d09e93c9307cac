import assert from "node:assert/strict";
import { NO_SAMPLE } from "../../../../../gateway/schema/signal";
import { LIGHT } from "../../../../../gateway/web/page/paper/ink";
import { Playout } from "../../../../../gateway/web/page/paper/playout";
import { screenScale } from "../../../../../gateway/web/page/paper/scale";
import { Sweep } from "../../../../../gateway/web/page/paper/sweep";
import { Recorder } from "./recorder";

const numbers = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, n) => from + n);
const shown = (sweep: Sweep) => Array.from(sweep.shown(), (value) => (value === NO_SAMPLE ? "." : value));

/** The curve is a pixel wide. */
const SCALE = screenScale(25, 10, 1, 4);

describe("paper: live sweep", () => {
  it("writes from left to right, and over what is a screen old, with bare paper before it", () => {
    const sweep = new Sweep(10);
    sweep.add(0, numbers(0, 8));
    sweep.advance(8);
    assert.deepEqual(shown(sweep), [0, 1, 2, 3, 4, 5, 6, 7, ".", "."]);
    sweep.add(8, numbers(8, 13));
    assert.deepEqual(shown(sweep), [0, 1, 2, 3, 4, 5, 6, 7, ".", "."], "what came is not shown yet");
    sweep.advance(13);
    assert.deepEqual(shown(sweep), [10, 11, 12, ".", 4, 5, 6, 7, 8, 9]);
  });

  it("begins in the middle of a recording with nothing before it", () => {
    const sweep = new Sweep(10);
    sweep.add(1005, numbers(1005, 1008));
    sweep.advance(1008);
    assert.deepEqual(shown(sweep), [".", ".", ".", ".", ".", 1005, 1006, 1007, ".", "."]);
  });

  it("shows what was before the first block where it belongs, also when it comes after that", () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const sweep = new Sweep(20);
      const parts = [numbers(1000, 1010), numbers(1008, 1013)];
      for (const n of order) sweep.add(n === 0 ? 1000 : 1008, parts[n]!);
      sweep.advance(1013);
      assert.deepEqual(shown(sweep).slice(0, 13), Array.from(numbers(1000, 1013)), `order ${order}`);
    }
  });

  it("shows a gap as one, and a late block in its place", () => {
    const sweep = new Sweep(20);
    sweep.add(0, numbers(0, 4));
    sweep.add(8, numbers(8, 12));
    sweep.advance(12);
    assert.deepEqual(shown(sweep).slice(0, 12), [0, 1, 2, 3, ".", ".", ".", ".", 8, 9, 10, 11]);
    sweep.add(4, numbers(4, 8));
    assert.deepEqual(
      shown(sweep).slice(0, 12),
      Array.from({ length: 12 }, (_, n) => n),
    );
  });

  it("says what is missing of what is shown: not what was before the first block, nor the bar, nor what is not due", () => {
    const sweep = new Sweep(25);
    sweep.add(105, numbers(105, 110));
    sweep.add(118, numbers(118, 128));
    sweep.advance(112);
    assert.deepEqual(sweep.gaps(), [{ from: 10, to: 12 }]);
    sweep.advance(128);
    assert.deepEqual(sweep.gaps(), [{ from: 10, to: 18 }]);
    // Part of it comes late, and what was before the first block.
    sweep.add(113, numbers(113, 116));
    sweep.add(103, numbers(103, 105));
    assert.deepEqual(sweep.gaps(), [
      { from: 10, to: 13 },
      { from: 16, to: 18 },
    ]);
    // Over the right edge.
    sweep.add(152, numbers(152, 154));
    sweep.advance(154);
    assert.deepEqual(sweep.gaps(), [
      { from: 5, to: 25 },
      { from: 0, to: 2 },
    ]);
  });

  it("hatches a gap within its own edges, and wipes that when it comes after all", () => {
    const sweep = new Sweep(100);
    const area = { left: 0, top: 0, width: 1000, height: 10 };
    const place = { x0: 0, pxPerSample: 10, y0: 5, pxPerCount: 0, baseline: 0 };
    const drawn = () => {
      const recorder = new Recorder();
      sweep.draw(recorder, area, place, SCALE, LIGHT);
      const hatched = recorder.strokes.filter(({ ink }) => ink === LIGHT.gap).flatMap(({ lines }) => lines);
      return { cleared: recorder.cleared, xs: hatched.flat().map(([x]) => x) };
    };
    sweep.add(0, numbers(0, 20));
    sweep.add(30, numbers(30, 50));
    // In parts, as it runs.
    for (const head of [22, 25, 31]) {
      sweep.advance(head);
      const { xs } = drawn();
      assert.equal(Math.min(...xs), 200);
      assert.equal(Math.max(...xs), Math.min(head, 30) * 10);
    }
    sweep.add(20, numbers(20, 30));
    const { cleared, xs } = drawn();
    assert.deepEqual(xs, []);
    assert.ok(cleared.some(([x, , width]) => x < 200 && x + width > 300));
  });

  it("needs more room as soon as something higher came, and less where a new sweep begins", () => {
    const sweep = new Sweep(10);
    assert.equal(sweep.extremes, undefined);
    sweep.add(0, Int32Array.of(1, NO_SAMPLE, 3));
    sweep.add(3, Int32Array.of(-2, 9));
    assert.deepEqual(sweep.extremes, { least: -2, most: 9 });
    sweep.add(5, Int32Array.of(1, 1, 1, 1, 1, 1, 1));
    sweep.advance(9);
    assert.deepEqual(sweep.extremes, { least: -2, most: 9 }, "within a sweep");
    // What stands there from the last one is still to be seen whole.
    sweep.advance(12);
    assert.deepEqual(sweep.extremes, { least: -2, most: 9 });
    sweep.add(12, Int32Array.of(2, 2, 2, 2, 2, 2, 2, 2, 5));
    sweep.advance(21);
    assert.deepEqual(sweep.extremes, { least: 1, most: 5 });
  });

  it("draws what is late where it belongs, and nothing else anew but the bar", () => {
    const sweep = new Sweep(100);
    const area = { left: 0, top: 0, width: 1000, height: 10 };
    const place = { x0: 0, pxPerSample: 10, y0: 5, pxPerCount: 0, baseline: 0 };
    sweep.add(0, numbers(0, 20));
    sweep.add(30, numbers(30, 50));
    sweep.advance(50);
    sweep.draw(new Recorder(), area, place, SCALE, LIGHT);
    assert.equal(sweep.draw(new Recorder(), area, place, SCALE, LIGHT), false);
    sweep.add(20, numbers(20, 30));
    const recorder = new Recorder();
    assert.equal(sweep.draw(recorder, area, place, SCALE, LIGHT), true);
    // 20 to 30, a sample and a stroke's width to the left; the bar of 4 behind 50.
    assert.deepEqual(
      recorder.cleared.map(([x, , width]) => [x, x + width]),
      [
        [189, 301],
        [489, 541],
      ],
    );
  });

  it("forgets what is older than the screen, comes twice, or never came", () => {
    const sweep = new Sweep(10);
    sweep.add(100, numbers(100, 105));
    sweep.add(100, numbers(100, 105));
    sweep.add(1_000_000, numbers(1_000_000, 1_000_003));
    sweep.advance(1_000_003);
    sweep.add(100, numbers(100, 105));
    assert.deepEqual(shown(sweep), [1_000_000, 1_000_001, 1_000_002, ...Array(7).fill(".")]);
    sweep.add(2_000_000, numbers(2_000_000, 2_000_100));
    sweep.advance(2_000_100);
    assert.equal(shown(sweep).at(-1), 2_000_099);
  });

  it("equals a plain model of it under random blocks and heads", () => {
    const seed = 1 + Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const length = 25;
    const bar = 1;
    const sweep = new Sweep(length);
    const held = new Map<number, number>();
    const first = 1000;
    let newest = first;
    let head = first;
    for (let round = 0; round < 400; round++) {
      const from = round === 0 ? first : Math.max(first, newest - 12 + random(20));
      const to = from + 1 + random(8);
      sweep.add(from, numbers(from, to));
      for (let n = from; n < to; n++) held.set(n, n);
      newest = Math.max(newest, to);
      head = Math.max(head, newest - length, Math.min(newest, head + random(9)));
      sweep.advance(head);
      const expected: (number | string)[] = Array(length).fill(".");
      for (let n = Math.max(first, head - length + bar); n < head; n++)
        expected[n % length] = held.get(n) ?? ".";
      assert.deepEqual(shown(sweep), expected, `seed ${seed}, round ${round}`);
    }
  });

  it("runs evenly, and stands when nothing comes", () => {
    const playout = new Playout(250, true);
    let end = 0;
    let most = 0;
    let last = 0;
    for (let ms = 0; ms < 20_000; ms += 16) {
      // Each second a block of one, up to 90 ms uneven.
      if (ms < 10_000 && ms >= (end / 250) * 1000 + (end % 7) * 15) {
        end += 250;
        playout.take(end, 250);
      }
      if (end === 0) continue;
      const head = playout.advance(ms);
      if (ms > 0) most = Math.max(most, head - last);
      last = head;
    }
    assert.equal(last, end);
    // 16 ms at 250 Hz are 4 samples, 5 when catching up, and one by rounding.
    assert.ok(most <= 6, `jumped by ${most} samples`);
  });

  it("begins where what is known ends, and shows each sample at most 150 ms after its block's own second", () => {
    const [rate, second] = [250, 250];
    const playout = new Playout(rate, true);
    playout.begin(10 * second);
    assert.equal(playout.advance(0), 10 * second);
    // A block each second, up to 90 ms late.
    const cameAt = Array.from({ length: 20 }, (_, n) => 500 + n * 1000 + ((n * 37) % 10) * 10);
    let [blocks, before, worst] = [0, 10 * second, 0];
    for (let ms = 0; ms < 22_000; ms += 16) {
      for (; blocks < cameAt.length && cameAt[blocks]! <= ms; blocks++)
        playout.take((11 + blocks) * second, second);
      const head = playout.advance(ms);
      for (; before < head; before++) {
        const block = Math.floor(before / second) - 10;
        const due = cameAt[block]! + ((before % second) * 1000) / rate;
        worst = Math.max(worst, ms - due);
      }
    }
    assert.equal(before, 30 * second);
    assert.ok(worst <= 150, `${worst} ms`);
  });

  it("jumps for whoever wants no movement, and after a sleep", () => {
    const calm = new Playout(250, false);
    calm.take(250, 250);
    assert.equal(calm.advance(0), 250);
    const slept = new Playout(250, true);
    slept.take(250, 250);
    slept.advance(0);
    slept.take(250 * 60, 250);
    assert.equal(slept.advance(1), 250 * 60);
  });
});
