import assert from "node:assert/strict";
import { board } from "../../../firmware/board/xiaoble";
import { type Measured, table } from "../../../tools/cost/table";

/** An encoder that takes a tenth of the flat loop's 3 ms a sample, and frames that take what a second of the loop takes. */
function measured(): Measured {
  const rows: Record<string, number[]> = {};
  for (const name of ["riceFlat", "riceByClass", "delta8", "pack12", "callback", "copy"])
    rows[name] = [1, 0.256, 0.1];
  for (const [i, rate] of [128, 256, 512].entries()) {
    rows[`encode${i}`] = [rate / 10_000];
    rows[`frame${i}`] = [0.01];
  }
  return { rows, bytes: [64, 128, 256], notifications: [1, 2, 3] };
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

  it("adds a frame a second to the encoder's share", () => {
    // 0.01 s on the interpreter are ten samples of the loop, 30 ms; with 38.4, 76.8 and 153.6 ms of the encoder.
    assert.deepEqual(rows.get("CPU, interpreted, %"), ["7", "11", "18"]);
    // 0.005 ms × 128, 256, 512 beside the frame.
    assert.deepEqual(rows.get("CPU, encoder in native C, %"), ["3.1", "3.1", "3.3"]);
  });
});
