import assert from "node:assert/strict";
import { riceBits } from "../../../tools/bench/rice";

describe("the second difference with the best Rice k", () => {
  it("takes one bit for each sample of a straight line", () => {
    const line = Int32Array.from({ length: 12 }, (_, t) => 7 * t - 3);
    // k in 5 bits, two samples raw, ten residuals of 0 under k = 0.
    assert.equal(riceBits(line, 11), 5 + 2 * 11 + 10);
  });

  it("finds the k that a parabola asks for", () => {
    const parabola = Int32Array.from({ length: 12 }, (_, t) => 4 * t * t);
    // Second difference 8, zigzag 16: k = 3 and k = 4 take 2 + 1 + 3 and 1 + 1 + 4 bits.
    assert.equal(riceBits(parabola, 11), 5 + 2 * 11 + 10 * 6);
  });

  it("folds negative residuals between the positive ones", () => {
    const falling = Int32Array.from([0, 0, -1]);
    // −1 folds to 1: two bits under k = 0 or k = 1.
    assert.equal(riceBits(falling, 11), 5 + 2 * 11 + 2);
  });

  it("carries a block too short for a difference raw", () => {
    assert.equal(riceBits(Int32Array.from([5]), 11), 5 + 11);
  });
});
