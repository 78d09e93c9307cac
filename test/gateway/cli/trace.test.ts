import assert from "node:assert/strict";
import { drawTrace } from "../../../gateway/cli/trace";

/** Braille to a picture: the Unicode standard numbers a cell's dots 1 2 3 7 down the left and 4 5 6 8 down the right. */
function dots(lines: string[]): string[] {
  const bits = [
    [0, 3],
    [1, 4],
    [2, 5],
    [6, 7],
  ];
  return lines.flatMap((line) =>
    bits.map((pair) =>
      [...line]
        .map((cell) => pair.map((bit) => ((cell.codePointAt(0)! - 0x2800) & (1 << bit) ? "#" : ".")).join(""))
        .join(""),
    ),
  );
}

describe("a trace", () => {
  it("draws a square wave as one", () => {
    assert.deepEqual(dots(drawTrace([0, 0, 9, 9, 9, 0, 0, 0], 4, 1)), [
      "..####..",
      "..#..#..",
      "..#..#..",
      "###..###",
    ]);
  });

  it("draws a spike one sample wide to its tip, however many samples share a column", () => {
    const values = new Array(8000).fill(0);
    values[4321] = 1000;
    const picture = dots(drawTrace(values, 20, 4));
    assert.equal(picture.length, 16);
    // Sample 4321 of 8000 shares dot column 21 of 40.
    for (const row of picture.slice(0, 15)) assert.equal(row, `${".".repeat(21)}#${".".repeat(18)}`);
    assert.equal(picture[15], "#".repeat(40));
  });

  it("leaves a gap blank and does not join across it", () => {
    assert.deepEqual(dots(drawTrace([0, 0, Number.NaN, Number.NaN, 9, 9, 9, 9], 4, 1)), [
      "....####",
      "........",
      "........",
      "##......",
    ]);
  });

  it("draws a flat line in the middle, and nothing out of nothing", () => {
    assert.deepEqual(dots(drawTrace([5, 5], 1, 1)), ["..", "##", "..", ".."]);
    assert.deepEqual(dots(drawTrace([], 1, 1)), ["..", "..", "..", ".."]);
    assert.deepEqual(dots(drawTrace([Number.NaN, Number.NaN], 1, 1)), ["..", "..", "..", ".."]);
  });
});
