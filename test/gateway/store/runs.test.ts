import assert from "node:assert/strict";
import fc from "fast-check";
import { addRun, cutRun, hasNumber, type Runs, totalOf } from "../../../gateway/store/runs";

describe("runs of numbers", () => {
  it("stay equal to a set of numbers, sorted, and never touch", () => {
    const change = fc.record({ add: fc.boolean(), from: fc.nat(60), length: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const runs: Runs = [];
        const numbers = new Set<number>();
        for (const { add, from, length } of changes) {
          if (add) addRun(runs, from, length);
          else cutRun(runs, from, length);
          for (let n = from; n < from + length; n++) {
            if (add) numbers.add(n);
            else numbers.delete(n);
          }
          assert.deepEqual(
            runs.flatMap((run) => Array.from({ length: run.length }, (_, i) => run.from + i)),
            [...numbers].sort((a, b) => a - b),
          );
          for (let i = 1; i < runs.length; i++)
            assert.ok(runs[i - 1].from + runs[i - 1].length < runs[i].from);
        }
        assert.equal(totalOf(runs), numbers.size);
        for (let n = 0; n < 75; n++) assert.equal(hasNumber(runs, n), numbers.has(n));
      }),
    );
  });
});
