import assert from "node:assert/strict";
import { answerOf, blend, classifyStrip } from "../../../../gateway/rhythm/episodes/strip";
import { Random } from "../../../../tools/sim/random";
import { invented } from "./invented";

const RATE = 300;
const GAIN = 1000;

function strip(interval: (i: number) => number, atrial: boolean): Int32Array {
  const beats = [];
  for (let at = 0.5, i = 0; at < 31; at += interval(i++)) beats.push({ at, class: "N" as const, atrial });
  return invented(beats, 30, RATE, GAIN);
}

describe("a strip named", () => {
  const random = new Random("strip");

  it("is normal where it is regular", () => {
    const { class: name, probabilities } = classifyStrip(
      strip((i) => 0.85 + 0.03 * Math.sin(i / 3), true),
      RATE,
      GAIN,
    );
    assert.equal(name, "N", `${probabilities}`);
  });

  it("is fibrillation where intervals are random and no wave comes before the complexes", () => {
    const signal = strip(() => Math.max(0.35, 0.7 + 0.16 * random.gaussian()), false);
    assert.equal(classifyStrip(signal, RATE, GAIN).class, "A");
  });

  it("is too noisy where there is no heart", () => {
    let drift = 0;
    const signal = Int32Array.from({ length: 30 * RATE }, () => {
      drift = 0.97 * drift + 0.2 * random.gaussian();
      return Math.round(GAIN * (drift + 0.3 * random.gaussian()));
    });
    assert.equal(classifyStrip(signal, RATE, GAIN).class, "~");
  });

  it("is not readable where there is nothing or a line", () => {
    for (const signal of [new Int32Array(0), new Int32Array(10 * RATE)]) {
      assert.equal(classifyStrip(signal, RATE, GAIN).class, "~");
    }
  });

  it("weighs two opinions and the classes", () => {
    const both = blend(Float64Array.of(0.7, 0.1, 0.1, 0.1), Float64Array.of(0.1, 0.7, 0.1, 0.1));
    // 0.7^0.6 · 0.1^0.4 beside 0.1^0.6 · 0.7^0.4 and twice 0.1.
    const parts = [0.7 ** 0.6 * 0.1 ** 0.4, 0.1 ** 0.6 * 0.7 ** 0.4, 0.1, 0.1];
    const sum = parts.reduce((a, b) => a + b);
    for (let k = 0; k < 4; k++) assert.ok(Math.abs(both[k]! - parts[k]! / sum) < 1e-4);
    assert.equal(answerOf(both, [1, 1, 1, 1]).class, "N");
    assert.equal(answerOf(both, [1, 3, 1, 1]).class, "A");
  });
});
