import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  type Annotation,
  decodeAnnotations,
  encodeAnnotations,
  readAnnotations,
  writeAnnotations,
} from "../../../gateway/wfdb/annotations";
import { codeOf, symbolOf } from "../../../gateway/wfdb/codes";
import { WfdbError } from "../../../gateway/wfdb/errors";
import { skipUnlessPython } from "../../machine";
import { withDirectory } from "./fixtures";
import { unpackAnnotations } from "./python";

function annotation(changes: Partial<Annotation>): Annotation {
  const code = changes.code ?? 1;
  return { sample: 0, code, symbol: symbolOf(code), subtype: 0, channel: 0, num: 0, ...changes };
}

const annotationLists = fc
  .array(
    fc.record({
      interval: fc.oneof(fc.nat(1023), fc.nat(70_000), fc.nat(0xffffffff)),
      code: fc.integer({ min: 1, max: 58 }),
      subtype: fc.integer({ min: -128, max: 127 }),
      channel: fc.integer({ min: 0, max: 255 }),
      num: fc.integer({ min: -128, max: 127 }),
      aux: fc.option(fc.stringMatching(/^[ -~\xa0-\xff]{0,255}$/), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    let sample = 0;
    return list.map(({ interval, aux, ...rest }) => {
      sample += interval;
      return annotation({ sample, ...rest, ...(aux === undefined ? {} : { aux }) });
    });
  });

describe("WFDB annotation files", () => {
  it("decodes a file assembled by hand from annot(5)", () => {
    const parts = [
      "1204", // N, 18 after the start
      "00ec 0100 0200", // skip of 65,536 + 2
      "0a70", // +, 10 more
      "05fc 2841 4649 4200", // its aux "(AFIB" and a pad byte
      "0538", // ~, 5 more
      "fff7", // its subtype -1
      "03f0", // num 3 from here on
      "02f8", // channel 2 from here on
      "0104", // N, 1 more
      "0000",
    ];
    const bytes = Buffer.from(parts.join("").replaceAll(" ", ""), "hex");
    assert.deepEqual(decodeAnnotations(bytes, "x.atr"), [
      annotation({ sample: 18 }),
      annotation({ sample: 65_566, code: 28, aux: "(AFIB" }),
      annotation({ sample: 65_571, code: 14, subtype: -1, num: 3, channel: 2 }),
      annotation({ sample: 65_572, num: 3, channel: 2 }),
    ]);
  });

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(annotationLists, (list) => {
        assert.deepEqual(decodeAnnotations(encodeAnnotations(list, "x.atr"), "x.atr"), list);
      }),
    );
  });

  it("writes what an independent parser reads", function () {
    skipUnlessPython(this, "numpy");
    withDirectory((dir) => {
      const lists = fc.sample(annotationLists, { numRuns: 50, seed: 2 });
      const files = lists.map((list, index) => {
        const file = join(dir, `${index}.atr`);
        writeAnnotations(file, list);
        assert.deepEqual(readAnnotations(file), list);
        return file;
      });
      const rows = lists.map((list) =>
        list.map((entry) => {
          return [entry.sample, entry.code, entry.subtype, entry.channel, entry.num, entry.aux ?? null];
        }),
      );
      assert.deepEqual(unpackAnnotations(files), rows, "fast-check seed 2");
    });
  });

  it("refuses a file cut at any byte", () => {
    const bytes = encodeAnnotations(
      [annotation({ sample: 5000, num: 3, aux: "(N" }), annotation({ sample: 5001 })],
      "x",
    );
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(
        () => decodeAnnotations(bytes.subarray(0, length), "x.atr"),
        { code: "WFDB_ANNOTATION" },
        `${length}`,
      );
    }
  });

  it("refuses a modifier before any annotation and a time before the record", () => {
    assert.throws(() => decodeAnnotations(Buffer.from("01f00000", "hex"), "x.atr"), {
      code: "WFDB_ANNOTATION",
    });
    const skipBack = Buffer.from("00ecffffffff01040000", "hex");
    assert.deepEqual(decodeAnnotations(skipBack, "x.atr")[0]!.sample, 0);
    const skipFurtherBack = Buffer.from("00ecfffffeff01040000", "hex");
    assert.throws(() => decodeAnnotations(skipFurtherBack, "x.atr"), { code: "WFDB_ANNOTATION" });
  });

  it("answers any bytes with annotations or a coded error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeAnnotations(Buffer.from(bytes), "x.atr");
        } catch (error) {
          assert.ok(error instanceof WfdbError);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("refuses to write what the format cannot say", () => {
    const wrong: [string, Annotation[]][] = [
      ["order", [annotation({ sample: 2 }), annotation({ sample: 1 })]],
      ["negative sample", [annotation({ sample: -1 })]],
      ["code 0", [annotation({ code: 0 })]],
      ["code 59", [annotation({ code: 59 })]],
      ["subtype", [annotation({ subtype: 128 })]],
      ["num", [annotation({ num: -129 })]],
      ["channel", [annotation({ channel: 256 })]],
      ["long aux", [annotation({ aux: "x".repeat(256) })]],
      ["aux beyond bytes", [annotation({ aux: "€" })]],
    ];
    for (const [what, list] of wrong) {
      assert.throws(() => encodeAnnotations(list, "x.atr"), { code: "WFDB_WRITE" }, what);
    }
  });

  it("maps every symbol to its code and back", () => {
    for (let code = 0; code <= 58; code++) assert.equal(codeOf(symbolOf(code)), code);
    // Spot checks against ecgcodes.h: NORMAL, PVC, PACE, NOISE, RHYTHM, PFUS, RONT.
    assert.deepEqual([1, 5, 12, 14, 28, 38, 41].map(symbolOf), ["N", "V", "/", "~", "+", "f", "r"]);
  });
});
