/** The station's self-test, and the model of a unit, beside the real interpreter. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BoardSpec } from "../../firmware/board/spec";
import { execPort } from "../../tools/factory/ports/exec";
import type { OpenWire } from "../../tools/factory/ports/port";
import { selfTest } from "../../tools/factory/selftest";
import type { FrontEndFaults } from "../../tools/factory/virtual/frontend";
import { virtualPort } from "../../tools/factory/virtual/port";
import { VirtualUnit } from "../../tools/factory/virtual/unit";
import { boardNamed } from "../../tools/firmware/boards";
import { UnitConsole } from "../../tools/firmware/console";
import { scratch } from "../e2e/rig";
import { bundleFile } from "./bundle";
import { handsAt } from "./hands";
import { skipUnlessInterpreter } from "./interpreter";
import { BOOT0, flashed } from "./unit";

const LINUX = boardNamed("linux");
/** Its last page, which no file reaches here. */
const BOARD: BoardSpec = {
  ...LINUX,
  vault: { kind: "pages", address: 0x1003fc00, name: "", pages: 1, pageBytes: 1024 },
};

/** Blank but for what stands in for chips. */
let image: Buffer | undefined;

async function interpreter(faults?: FrontEndFaults): Promise<OpenWire> {
  const folder = scratch(true);
  if (faults) {
    image ??= await flashed({ ".boot0": BOOT0 });
    writeFileSync(join(folder, "espruino.flash"), image);
    writeFileSync(join(folder, "shim.js"), `(function(){${bundleFile("shim/bench", { minify: true })}})()`);
    writeFileSync(join(folder, "faults"), JSON.stringify(faults));
  }
  const binary = resolve(process.env.AVNODE_ESPRUINO!);
  return execPort(`cd '${folder}' && exec '${binary}' 2>/dev/null`).waitForUnit(new AbortController().signal);
}

describe("the self-test on the real interpreter", function () {
  this.timeout(600_000);
  before(function () {
    skipUnlessInterpreter(this);
  });

  async function tested(faults: FrontEndFaults) {
    const wire = await interpreter(faults);
    try {
      const unit = new UnitConsole(wire);
      const { confirm, wait } = handsAt(unit);
      const { passed, checks } = await selfTest(unit, BOARD, { confirm }, wait);
      return { passed, checks, failed: checks.filter((check) => !check.passed).map(({ name }) => name) };
    } finally {
      await wire.close();
    }
  }

  it("passes a good one, and measures its pulse as the source makes it", async () => {
    const { passed, checks, failed } = await tested({});
    // No battery that it could read.
    assert.deepEqual([passed, failed], [true, ["battery"]], JSON.stringify(checks));
    const pulse = checks.find(({ name }) => name === "calibration pulse")!;
    // The chip's source is ±0.5 mV.
    assert.ok(Math.abs(Number.parseFloat(pulse.measured) - 1) < 0.01, pulse.measured);
  });

  it("finds a pulse that is too high, and leads that are never off", async () => {
    const { passed, failed } = await tested({ calibration: 1.06, deafLeads: true });
    assert.deepEqual([passed, failed], [false, ["calibration pulse", "electrodes off", "battery"]]);
  });

  it("finds a front end that does not answer", async () => {
    const { passed, failed } = await tested({ dead: true });
    assert.deepEqual([passed, failed], [false, ["front end", "battery"]]);
  });
});

/** What a station asks, in this order. */
const ASKED = [
  "[process.env.BOARD,typeof process.env.SERIAL,typeof process.version]",
  'require("Storage").eraseAll(),1',
  'require("Storage").list()',
  'require("Storage").read("a")',
  '(f=>f&&f.length>13?btoa(f.substr(5,8)):"")(require("Storage").read("identity"))',
  'require("Storage").write("a",atob("AAEC/f7/"),0,20)',
  'require("Storage").write("a","behind it",8)',
  'btoa(require("Storage").read("a"))',
  'btoa(require("Storage").read("a",2,4))',
  'require("Storage").read("a",18,100).length',
  'E.CRC32(require("Storage").read("a"))',
  'E.CRC32(require("Storage").read("a",0,0))',
  "E.CRC32(E.memoryArea(0,70000))===undefined",
  'btoa(require("crypto").SHA256(require("Storage").read("a",0,6)))',
  'require("Storage").list()',
  'require("Storage").erase("a"),1',
  'require("Storage").read("a")===undefined',
  'require("Storage").list()',
  "[true,null,undefined,'\\xff']",
  "nobody()",
  "6*",
];

describe("the model of a unit's console beside the real interpreter", function () {
  this.timeout(120_000);
  before(function () {
    skipUnlessInterpreter(this);
  });

  /** @returns what came back, "refused" where nothing did */
  async function answers(wire: OpenWire): Promise<string[]> {
    const unit = new UnitConsole(wire, { tries: 1, timeoutMs: 2000 });
    const told: string[] = [];
    for (const expression of ASKED) {
      const answer = await unit.ask(expression).then(JSON.stringify, () => "refused");
      told.push(`${expression} → ${answer}`);
    }
    await unit.write(
      "identity",
      Uint8Array.from({ length: 900 }, (_, i) => i * 7),
    );
    told.push(JSON.stringify(await unit.standing("identity")), await unit.sha256("identity", 100, 700));
    const sent = Buffer.from("some code; ".repeat(200));
    await unit.send("code", sent, () => {});
    told.push(JSON.stringify(await unit.standing("code")));
    return told;
  }

  it("gives the same answers to what a station asks", async () => {
    const unit = new VirtualUnit({ chip: "c1", runtime: "LINUX" });
    const model = await virtualPort("P1", () => unit).waitForUnit(new AbortController().signal);
    const wire = await interpreter();
    try {
      assert.deepEqual(await answers(model), await answers(wire));
    } finally {
      await wire.close();
    }
  });
});
