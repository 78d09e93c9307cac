import assert from "node:assert/strict";
import { select } from "../../../gateway/rhythm/select";
import { Random } from "../../../tools/sim/random";

describe("selecting by rank", () => {
  it("gives what sorting gives, with repeated values, too", () => {
    const random = new Random(20261128);
    for (let round = 0; round < 300; round++) {
      const values = Float64Array.from({ length: 1 + random.int(60) }, () => random.int(20) - 10);
      const index = random.int(values.length);
      const sorted = values.slice().sort();
      const mixed = values.slice();
      assert.equal(select(mixed, index), sorted[index], `round ${round}`);
      assert.deepEqual(mixed.slice().sort(), sorted);
      assert.ok(mixed.subarray(0, index).every((value) => value <= sorted[index]!));
      assert.ok(mixed.subarray(index).every((value) => value >= sorted[index]!));
    }
  });
});
