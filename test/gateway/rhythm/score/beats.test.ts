import assert from "node:assert/strict";
import { average, compareBeats, fibrillation, figures, gross } from "../../../../gateway/rhythm/score/beats";
import { pairBeats } from "../../../../gateway/rhythm/score/pair";
import { codeOf } from "../../../../gateway/wfdb/codes";

const note = (sample: number, symbol: string) => ({
  sample,
  symbol,
  code: codeOf(symbol)!,
  subtype: 0,
  channel: 0,
  num: 0,
});

// Worked by hand, with a window of 10 samples.
describe("pairing beats", () => {
  const pairs = (reference: number[], test: number[]) => {
    const { reference: of, test: by } = pairBeats(reference, test, 10);
    return [[...of], [...by]];
  };

  it("pairs what lies exactly a window apart, and not a sample more", () => {
    assert.deepEqual(pairs([100], [110]), [[0], [0]]);
    assert.deepEqual(pairs([100], [111]), [[-1], [-1]]);
    assert.deepEqual(pairs([100], [90]), [[0], [0]]);
    assert.deepEqual(pairs([100], [89]), [[-1], [-1]]);
  });

  it("counts a second detection of one beat as extra: the nearer is the pair, whichever comes first", () => {
    assert.deepEqual(pairs([100], [92, 101]), [[1], [-1, 0]]);
    assert.deepEqual(pairs([100], [99, 108]), [[0], [0, -1]]);
  });

  it("counts a beat as missed when its neighbour is nearer to the only detection", () => {
    assert.deepEqual(pairs([100, 108], [107]), [[-1, 0], [1]]);
    assert.deepEqual(pairs([100, 108], [101]), [[0, -1], [0]]);
  });

  it("pairs each in turn through a long run, and leaves what has no partner at either end", () => {
    assert.deepEqual(pairs([100, 200, 300, 400], [50, 103, 296, 500]), [
      [1, -1, 2, -1],
      [-1, 0, 2, -1],
    ]);
    assert.deepEqual(pairs([], [5]), [[], [-1]]);
    assert.deepEqual(pairs([5], []), [[-1], []]);
  });
});

describe("comparing beats", () => {
  it("counts from the scope's start, 150 ms to either side, and not within ventricular fibrillation", () => {
    const scope = { rate: 100, from: 1000, excluded: [{ from: 2000, to: 3001 }] };
    // Before the scope: a miss and an extra. Then a pair at 15 samples, a miss, an extra; in VF each again.
    const counts = compareBeats([500, 1100, 1200, 2100, 3001], [700, 1115, 1400, 2500, 3001], scope);
    assert.deepEqual(counts, { found: 2, missed: 1, extra: 1 });
  });

  it("takes fibrillation from [ to ], or to the record's end", () => {
    const annotations = [note(10, "N"), note(20, "["), note(25, "!"), note(40, "]"), note(60, "[")];
    assert.deepEqual(fibrillation(annotations, 100), [
      { from: 20, to: 41 },
      { from: 60, to: 100 },
    ]);
  });

  it("gives shares of each record, of all beats, and of records on average", () => {
    const one = { found: 90, missed: 10, extra: 0 };
    const two = { found: 5, missed: 0, extra: 5 };
    const none = { found: 0, missed: 0, extra: 0 };
    assert.deepEqual(figures(one), { ...one, sensitivity: 0.9, positivePredictivity: 1, f1: 180 / 190 });
    assert.deepEqual(figures(none), {
      ...none,
      sensitivity: undefined,
      positivePredictivity: undefined,
      f1: undefined,
    });
    assert.equal(gross([one, two]).sensitivity, 95 / 105);
    assert.equal(gross([one, two]).positivePredictivity, 95 / 100);
    assert.equal(average([one, two, none]).sensitivity, (0.9 + 1) / 2);
  });
});
