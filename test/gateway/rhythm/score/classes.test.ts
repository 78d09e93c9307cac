import assert from "node:assert/strict";
import {
  classOf,
  compareClasses,
  isPaced,
  referenceClasses,
  supraventricular,
  ventricular,
} from "../../../../gateway/rhythm/score/classes";
import type { BeatClass } from "../../../../gateway/rhythm/types";
import { codeOf } from "../../../../gateway/wfdb/codes";

const note = (sample: number, symbol: string) => ({
  sample,
  symbol,
  code: codeOf(symbol)!,
  subtype: 0,
  channel: 0,
  num: 0,
});
/** "N0 V100": a class and where. */
const beats = (text: string) =>
  text.split(" ").map((word) => ({ sample: Number(word.slice(1)), class: word[0] as BeatClass }));
const all = { rate: 100, from: 0, excluded: [] };

describe("comparing beat classes", () => {
  it("groups PhysioBank's symbols as bxb does", () => {
    const grouped = (symbols: string) => [...symbols].map(classOf).join("");
    assert.equal(grouped("NLRB"), "NNNN");
    assert.equal(grouped("AaJSnej"), "SSSSSSS");
    assert.equal(grouped("VrE"), "VVV");
    assert.equal(grouped("F/fQ?"), "FQQQQ");
  });

  it("takes the reference's beats and leaves its other notes", () => {
    const annotations = [note(10, "+"), note(20, "N"), note(30, "|"), note(40, "V"), note(50, "~")];
    assert.deepEqual(referenceClasses(annotations), beats("N20 V40"));
    assert.equal(isPaced(annotations), false);
    assert.equal(isPaced([...annotations, note(60, "/")]), true);
  });

  it("counts a ventricular beat as found only when it is called so", () => {
    // Vv, Vn, Vs, Vf, Vq, and one that was not found: 1 of 6.
    const confusion = compareClasses(
      beats("V100 V200 V300 V400 V500 V600"),
      beats("V100 N200 S300 F400 Q500"),
      all,
    );
    assert.deepEqual(ventricular(confusion), { found: 1, missed: 5, extra: 0 });
  });

  it("counts against it what is called ventricular and is normal, supraventricular or no beat; not fusion, not Q", () => {
    const confusion = compareClasses(
      beats("N100 S200 F300 Q400 V500"),
      beats("V100 V200 V300 V400 V500 V600"),
      all,
    );
    assert.deepEqual(ventricular(confusion), { found: 1, missed: 0, extra: 3 });
    assert.deepEqual(supraventricular(confusion), { found: 0, missed: 1, extra: 0 });
  });

  it("counts against supraventricular calls fusion too, and not Q", () => {
    const confusion = compareClasses(
      beats("N100 S200 F300 Q400 V500"),
      beats("S100 S200 S300 S400 S500 S600"),
      all,
    );
    assert.deepEqual(supraventricular(confusion), { found: 1, missed: 0, extra: 4 });
  });

  it("counts from the scope's start and not within fibrillation; a pair lies where its reference beat does", () => {
    const scope = { rate: 100, from: 250, excluded: [{ from: 600, to: 700 }] };
    // V245 begins before; its call at 255 does not make it an extra. V650 and the call at 660 lie in fibrillation.
    const confusion = compareClasses(
      beats("V100 V245 V300 V650 V800"),
      beats("V100 V255 N300 V630 V660 V900"),
      scope,
    );
    assert.deepEqual(ventricular(confusion), { found: 0, missed: 2, extra: 1 });
  });
});
