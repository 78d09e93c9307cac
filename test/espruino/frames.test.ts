/** The simulator runs no second firmware: one bundle, one seed, the same frames in Node and on the interpreter. */
import assert from "node:assert/strict";
import { bundleFile } from "./bundle";
import { interpret, skipUnlessInterpreter } from "./interpreter";
import { runOnNode } from "./noderuntime";

/**
 * A board has its 14,000 variables from the start; this build begins with 4,096, most of which the script fills, and takes
 * more for all but buffers in one piece.
 */
const GROW = "var grown = []; for (var i = 0; i < 14000; i++) grown.push(i + 0.5); grown = undefined;";
const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));

describe("the firmware on the interpreter", function () {
  it("notifies and writes to flash, byte for byte, what it does on Node", async function () {
    skipUnlessInterpreter(this);
    console.log(`      AVNODE_SEED=${SEED}`);
    const data = { seed: SEED, rate: 128, seconds: 4 };
    const script = `var DATA = ${JSON.stringify(data)};\n${bundleFile("programs/frames", { minify: true })}`;
    const here = runOnNode(script);
    const there = await interpret(`${GROW}\n${script}`, { seconds: 150 });
    const [notified, pages] = ["NOTIFY", "RING"].map((what) => here.filter((line) => line.startsWith(what)));
    assert.ok(notified!.length > 30, `only ${notified!.length} notifications`);
    assert.ok(new Set(pages).size > 3, "hardly anything in flash");
    for (const [i, line] of here.entries()) assert.equal(there[i], line, `line ${i}`);
    assert.equal(there.length, here.length);
    console.log(`      ${notified!.length} notifications and ${pages!.length} pages of flash are equal`);
  });
});
