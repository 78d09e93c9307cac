import assert from "node:assert/strict";
import { board } from "../../../firmware/board/xiaoble";
import { type Measured, table } from "../../../tools/cost/table";

/** An encoder that takes a tenth of the flat loop's 3 ms a sample, and a second beside it that takes ten of its samples. */
function measured(): Measured {
  const rows: Record<string, number[]> = {};
  for (const name of ["riceFlat", "riceByClass", "delta8", "pack12", "callback", "copy"])
    rows[name] = [1, 0.256, 0.1];
  for (const [i, rate] of [128, 256, 512].entries()) {
    rows[`encode${i}`] = [rate / 10_000];
    rows[`frame${i}`] = [0.01];
    rows[`grow${i}`] = [rate / 10_000 + 0.002];
    rows[`second${i}`] = [0.012];
    rows[`bench${i}`] = [0.002];
    rows[`receipt${i}`] = [0.001];
  }
  return { rows, bytes: [64, 128, 256], notifications: [1, 2, 3], arrived: [true, true, true] };
}

describe("the table of costs", () => {
  const rows = new Map(
    table(measured(), [128, 256, 512], board)
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map((cells) => [cells[1]!, cells.slice(2, 5)]),
  );

  it("takes the median for the time of a loop, and 3 ms a sample for the flat one", () => {
    assert.deepEqual(rows.get("one flat Rice function"), ["1.000", "3.00", "3.00"]);
    // 0.3 ms × 128, 256 and 512.
    assert.deepEqual(rows.get("encoder, a block of a second, ms"), ["38", "77", "154"]);
  });

  it("adds the second beside the encoder, without the bench's own time, and a receipt to the encoder's share", () => {
    // 38.4, 76.8 and 153.6 ms, and 6 more because it goes burst by burst.
    assert.deepEqual(rows.get("CPU, interpreted: the encoder alone, %"), ["4.4", "8.3", "16.0"]);
    // 0.012 less 0.002 s on the interpreter are ten samples of the loop, 30 ms; the receipt is 3.
    assert.deepEqual(everything("interpreted"), ["7.7", "11.6", "19.3"]);
    // 0.3 of the encoder, but all of the 6 ms.
    assert.deepEqual(everything('encoder compiled by `"jit"`'), ["5.1", "6.2", "8.5"]);
    // 0.005 ms × 128, 256, 512, and 16 ms around the call.
    assert.deepEqual(everything("encoder in native C"), ["5.0", "5.0", "5.2"]);
  });

  function everything(name: string): string[] | undefined {
    return rows.get(`CPU, ${name}: everything, with a receipt a second, %`);
  }
});
