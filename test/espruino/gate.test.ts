/** The gate and the interpreter agree: one list, put to both. Node says what each construct means. */
import assert from "node:assert/strict";
import { CONSTRUCTS } from "./constructs/all";
import type { Construct } from "./constructs/construct";
import { askGate } from "./constructs/gate";
import { bundledScripts, each, rawScript, worksOnInterpreter, worksOnNode } from "./constructs/scripts";
import { interpret, skipUnlessInterpreter } from "./interpreter";

const names = (constructs: Construct[]) => constructs.map(({ name }) => name);
const passes = ({ kind }: Construct) => kind !== "refused" && kind !== "barred";
const runsRaw = ({ kind }: Construct) => kind === "runs" || kind === "barred";

describe("constructs of the language", function () {
  it("are many, and each has a name of its own", () => {
    assert.ok(CONSTRUCTS.length >= 300, String(CONSTRUCTS.length));
    assert.equal(new Set(names(CONSTRUCTS)).size, CONSTRUCTS.length);
  });

  it("hold on Node, so that a failure elsewhere is the interpreter's", () => {
    assert.deepEqual(names(CONSTRUCTS.filter((one) => !worksOnNode(rawScript(one)))), []);
  });

  it("are let through by the gate, or stopped, as the list says", () => {
    const said = askGate(CONSTRUCTS);
    const wrong = CONSTRUCTS.flatMap((one, i) =>
      passes(one) === (said[i] === "") ? [] : [`${one.name} (${one.kind}): ${said[i] || "passes"}`],
    );
    assert.deepEqual(wrong, []);
  });

  it("run on the interpreter, or fail there, as the list says", async function () {
    skipUnlessInterpreter(this);
    const ran = await each(CONSTRUCTS, (one) => worksOnInterpreter(rawScript(one)));
    const wrong = CONSTRUCTS.filter((one, i) => runsRaw(one) !== ran[i]);
    assert.deepEqual(
      wrong.map(({ name, kind }) => `${name} is ${kind}`),
      [],
    );
    console.log(`      ${CONSTRUCTS.length} constructs, ${CONSTRUCTS.filter(runsRaw).length} of them run`);
  });

  it("run as the firmware build makes them wherever the gate lets them through", async function () {
    skipUnlessInterpreter(this);
    const passed = CONSTRUCTS.filter((one) => passes(one) && one.kind !== "value");
    const said = await interpret(bundledScripts(passed), { seconds: 60 });
    const wrong = passed.flatMap(({ name }, i) => (said[i] === "ok" ? [] : [`${name}: ${said[i]}`]));
    assert.deepEqual(wrong, []);
    assert.equal(said.length, passed.length);
  });
});
