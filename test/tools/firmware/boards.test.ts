import { strict as assert } from "node:assert";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BOARDS, boardNamed } from "../../../tools/firmware/boards";

/** What a board is, and what one asks of it. */
const NO_BOARDS = ["board.ts", "spec.ts"];

describe("the boards", () => {
  it("are those that have a file, each under its file's name", () => {
    const files = readdirSync(join(__dirname, "../../../firmware/board"))
      .filter((file) => !NO_BOARDS.includes(file))
      .map((file) => file.replace(/\.ts$/, ""));
    assert.deepEqual(BOARDS.map(({ name }) => name).sort(), files.sort());
  });

  it("are found by name, and one that does not exist is answered with those that do", () => {
    assert.equal(boardNamed("xiaoble").runtime, "XIAOBLE");
    assert.throws(() => boardNamed("toaster"), { code: "BOARD_UNKNOWN", message: /"toaster".*xiaoble/ });
  });
});
