import { strict as assert } from "node:assert";
import fc from "fast-check";
import { boundHoles, decodeReceipt, encodeReceipt, type Hole } from "../../protocol/receipt";

const fields = {
  storeId: new Uint8Array(8),
  generation: new Uint8Array(8),
  checkpointSize: 0,
  checkpointRoot: new Uint8Array(32),
  recording: 1,
};

/** Alternating runs held and missing; the last one is held. */
const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 200000 }), fc.integer({ min: 1, max: 200000 })), {
  maxLength: 14,
});

function missingOf(
  lengths: [held: number, missing: number][],
  startsMissing: boolean,
): { missing: Hole[]; next: number } {
  let at = startsMissing ? 0 : 1;
  const missing = lengths.map(([held, length]) => {
    const hole = { from: at, length };
    at += length + held;
    return hole;
  });
  return { missing, next: at };
}

const covered = (receipt: { next: number; holes: Hole[] }, sequence: number) =>
  sequence < receipt.next &&
  !receipt.holes.some((hole) => sequence >= hole.from && sequence < hole.from + hole.length);

describe("receipts", () => {
  it("never claim a missing frame, whatever is missing, and can always be written", () => {
    fc.assert(
      fc.property(runs, fc.boolean(), (lengths, startsMissing) => {
        const { missing, next } = missingOf(lengths, startsMissing);
        const bound = boundHoles(missing, next);
        assert.ok(bound.next <= next);
        for (const run of missing) {
          for (const sequence of [run.from, run.from + (run.length >> 1), run.from + run.length - 1]) {
            assert.ok(!covered(bound, sequence), `frame ${sequence} is missing`);
          }
        }
        const read = decodeReceipt(encodeReceipt({ ...fields, ...bound }));
        assert.deepEqual({ next: read.next, holes: read.holes }, bound);
      }),
    );
  });

  it("claim every frame held when eight holes suffice, and every one before the ninth hole otherwise", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60), { maxLength: 40 }), (gaps) => {
        const missing: Hole[] = [];
        for (const sequence of gaps.sort((a, b) => a - b)) {
          const last = missing.at(-1);
          if (last && last.from + last.length === sequence) last.length++;
          else missing.push({ from: sequence, length: 1 });
        }
        const bound = boundHoles(missing, 61 + 1);
        const ninth = missing[8]?.from ?? 62;
        for (let sequence = 0; sequence < 62; sequence++) {
          assert.equal(
            covered(bound, sequence),
            sequence < ninth && !gaps.includes(sequence),
            `frame ${sequence}`,
          );
        }
      }),
    );
  });
});
