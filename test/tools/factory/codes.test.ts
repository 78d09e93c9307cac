import assert from "node:assert/strict";
import { adviceFor, FAILURES, failureTable } from "../../../tools/factory/codes";

describe("failure codes of a station", () => {
  it("are thirteen, each with what it means and another thing to do next", () => {
    const codes = Array.from({ length: 13 }, (_, n) => `E${String(n + 1).padStart(2, "0")}`);
    assert.deepEqual(Object.keys(FAILURES), codes);
    assert.equal(new Set(codes.map(adviceFor)).size, codes.length);
    for (const code of codes) assert.match(failureTable(), new RegExp(`^  ${code}  \\w.*\\n {7}\\w`, "m"));
    assert.match(adviceFor("E99"), /E99 is not known here/);
  });
});
