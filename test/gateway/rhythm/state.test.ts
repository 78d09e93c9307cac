import assert from "node:assert/strict";
import { restore, type Saved, saved } from "../../../gateway/rhythm/state";

const fresh = () => ({ count: 0, ring: new Float64Array(2), part: { at: 0 }, leads: [{ at: 0 }, { at: 0 }] });

describe("what a stream knows, saved and restored", () => {
  const known = { count: 3, ring: Float64Array.of(0.1, 5), part: { at: 4 }, leads: [{ at: 1 }, { at: 2 }] };
  const text = JSON.stringify(saved(known));

  it("comes back as it was", () => {
    const state = fresh();
    restore(state, JSON.parse(text) as Saved, "a test");
    assert.deepEqual(state, known);
  });

  for (const [name, damage] of [
    ["a number that is none", { count: "3" }],
    ["a number that JSON could not write", { count: null }],
    ["a list that is too short", { ring: [1] }],
    ["a list with what JSON could not write", { ring: [1, null] }],
    ["a list of words", { ring: ["1", "2"] }],
    ["a part that is missing", { part: null }],
    ["a lead that is missing", { leads: [{ at: 1 }, null] }],
    ["a lead that is none", { leads: [{ at: 1 }, 7] }],
  ] as const)
    it(`is refused with ${name}`, () => {
      const kept = { ...JSON.parse(text), ...damage } as unknown as Saved;
      assert.throws(() => restore(fresh(), kept, "a test"), /^RangeError: cannot resume a test: /);
    });
});
