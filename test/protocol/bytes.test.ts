import assert from "node:assert/strict";
import { Reader, Writer } from "../../protocol/bytes";

describe("fields of bytes", () => {
  it("are big-endian, whatever the width, up to the largest exact count", () => {
    const edges = [0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const values = [...edges, 2 ** 32, 2 ** 40 + 5, 2 ** 48 - 1, 2 ** 48, 2 ** 53 - 1];
    for (const width of [1, 2, 3, 4, 5, 6, 8])
      for (const value of values) {
        const writer = new Writer(width + 2);
        const write = () => writer.uint(7, 1).uint(value, width).uint(9, 1).done();
        if (value >= 256 ** width) {
          assert.throws(write, { code: "FIELD_RANGE" }, `${value} in ${width}`);
          continue;
        }
        const expected = `07${BigInt(value)
          .toString(16)
          .padStart(2 * width, "0")}09`;
        assert.equal(Buffer.from(write()).toString("hex"), expected);
        const reader = new Reader(writer.bytes, "TEST");
        assert.deepEqual([reader.uint(1), reader.uint(width), reader.uint(1)], [7, value, 9]);
        reader.end();
      }
  });

  it("refuse what is no count", () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 31)])
      assert.throws(() => new Writer(8).uint(value, 8), { code: "FIELD_RANGE" }, String(value));
  });
});
