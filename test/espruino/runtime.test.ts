/** Every name that a build of the firmware may use is there: the interpreter itself is asked. */
import assert from "node:assert/strict";
import { BUILTINS, MODULES } from "../../tools/firmware/runtime";
import { interpret, skipUnlessInterpreter } from "./interpreter";

describe("what the firmware may use of the runtime", () => {
  it("is in the runtime, each name and module", async function () {
    skipUnlessInterpreter(this);
    const asked = [...BUILTINS, ...MODULES.map((name) => `require("${name}")`)];
    const lines = await interpret(asked.map((name) => `print(typeof ${name} !== "undefined");`).join("\n"));
    assert.deepEqual(
      asked.filter((_, i) => lines[i] !== "true"),
      [],
    );
  });
});
