import assert from "node:assert/strict";
import { bundle } from "./bundle";
import { Interpreter, interpret, skipUnlessInterpreter } from "./interpreter";

describe("the interpreter under test", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  it("runs a script to its end, timers included", async () => {
    const lines = await interpret('print("one"); setTimeout(function(){ print("two"); }, 30);');
    assert.deepEqual(lines, ["one", "two"]);
  });

  it("is the version that the firmware was written for", async () => {
    const [version] = await interpret("print(process.env.BOARD, process.env.VERSION)");
    assert.match(version!, /^LINUX 2v29/);
  });

  it("tells of what was not caught, of memory that ran out, and of a script without end", async () => {
    await assert.rejects(interpret("f()"), /Uncaught ReferenceError: "f" is not defined/);
    await assert.rejects(interpret('setTimeout(function(){ throw "late"; }, 5)'), /Uncaught late/);
    await assert.rejects(interpret("while (true);", { seconds: 1 }), /ran out of time/);
  });

  it("answers in a session, and takes bytes of any number", async () => {
    const session = new Interpreter();
    try {
      session.start(
        "setInterval(function(){}, 1000); function sum(hex) { return hex.length + hex.slice(-4); }",
      );
      assert.equal(await session.ask("6*7"), "42");
      assert.equal(await session.give("sum", new Uint8Array(1500).fill(0xab)), "3000abab");
      await assert.rejects(session.ask("nothing.there"), /"nothing" is not defined/);
    } finally {
      await session.close();
    }
  });

  it("keeps its flash over a power cut", async () => {
    const first = new Interpreter();
    await first.run('require("Storage").write("kept", "here")');
    const image = first.flash();
    await first.close();
    const [text] = await interpret('print(require("Storage").read("kept"))', { flash: image });
    assert.equal(text, "here");
  });

  it("runs what the bundler makes of protocol/", async () => {
    const source = 'import { toHex } from "../../protocol/bytes"; print(toHex(new Uint8Array([1, 171])));';
    for (const minify of [false, true])
      assert.deepEqual(await interpret(bundle(source, { minify })), ["01ab"]);
  });
});
