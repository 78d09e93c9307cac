import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openOnThread } from "../../../gateway/adopt/onthread";
import { scratch } from "../../e2e/rig";
import { edfBytes } from "./edffile";

describe("A file that is read on a thread", function () {
  this.timeout(60_000);
  const dir = scratch(true);

  it("has a time within which the thread answers", async () => {
    const file = join(dir, "old.edf");
    writeFileSync(file, edfBytes({ signals: [{ label: "ECG II", counts: [[1, 2, 3, 4]] }] }));
    (await openOnThread(file)).close();
    // No thread begins so soon.
    await assert.rejects(openOnThread(file, 0), { code: "ADOPT_READ" });
  });
});
