import { strict as assert } from "node:assert";
import { type Operator, Question, selfTest } from "../../../tools/factory/selftest";
import { virtualPort } from "../../../tools/factory/virtual/port";
import { type UnitFaults, VirtualUnit } from "../../../tools/factory/virtual/unit";
import { boardNamed } from "../../../tools/firmware/boards";
import { UnitConsole } from "../../../tools/firmware/console";

const XIAO = boardNamed("xiaoble");

async function tested(faults: UnitFaults, operator?: "jig" | "nobody" | Operator) {
  const unit = new VirtualUnit({ chip: "c1", faults });
  const port = virtualPort("P1", () => unit);
  const wire = await port.waitForUnit(new AbortController().signal);
  const hands = operator === "nobody" ? undefined : operator === "jig" || !operator ? port.jig : operator;
  return selfTest(new UnitConsole(wire, { settleMs: 10 }), XIAO, hands, port.wait);
}

describe("the self-test of a unit", () => {
  it("passes a good one, and measures its pulse as the source makes it", async () => {
    const { passed, checks } = await tested({});
    assert.deepEqual(
      checks.filter((check) => !check.passed),
      [],
    );
    assert.equal(passed, true);
    const pulse = checks.find(({ name }) => name === "calibration pulse")!;
    // The chip's source is ±0.5 mV.
    assert.ok(Math.abs(Number.parseFloat(pulse.measured) - 1) < 0.01, pulse.measured);
  });

  for (const [name, faults] of [
    ["front end", { frontEnd: { dead: true } }],
    ["noise", { frontEnd: { noise: 40 } }],
    ["noise", { frontEnd: { noise: 0 } }],
    ["calibration pulse", { frontEnd: { calibration: 1.06 } }],
    ["calibration pulse", { frontEnd: { calibration: 0.94 } }],
    ["electrodes off", { frontEnd: { deafLeads: true } }],
    ["flash", { badFlash: true }],
    ["battery", { batteryMillivolts: 2500 }],
  ] as [string, UnitFaults][])
    it(`fails one by its ${name}: ${JSON.stringify(faults)}`, async () => {
      const { passed, checks } = await tested(faults);
      assert.equal(passed, false);
      assert.deepEqual(
        checks.filter((check) => !check.passed).map((check) => check.name),
        [name],
      );
    });

  it("passes 4 % off, which is within 5 %", async () => {
    assert.equal((await tested({ frontEnd: { calibration: 1.04 } })).passed, true);
  });

  it("tells what nobody was there to see as not done, and not as passed", async () => {
    const { passed, checks } = await tested({}, "nobody");
    assert.equal(passed, true);
    const notDone = checks.filter(({ measured }) => measured.startsWith("not done"));
    assert.deepEqual(
      notDone.map(({ name }) => name),
      ["electrodes off", "button", "light", "buzzer"],
    );
    assert.ok(notDone.every((check) => !check.passed));
  });

  it("blinks and beeps from when its question can be read, however long others were asked before", async () => {
    const port = virtualPort("P1", () => new VirtualUnit({ chip: "c1" }));
    const unit = new UnitConsole(await port.waitForUnit(new AbortController().signal), { settleMs: 10 });
    const asked: string[] = [];
    const heard = {
      ask: (expression: string) => {
        asked.push(expression);
        return unit.ask(expression);
      },
    };
    const [blinks, beeps] = [/setTimeout\(b,250\)/, /freq:2700/].map(
      (one) => () => asked.filter((each) => one.test(each)).length,
    );
    const seen: Record<string, number[]> = {};
    const confirm = async (question: string, shown: () => void = () => {}) => {
      const before = [blinks!(), beeps!()];
      await port.jig!.confirm(question, shown);
      seen[question] = [...before, blinks!(), beeps!()];
      return true;
    };
    await selfTest(heard, XIAO, { confirm }, port.wait);
    assert.deepEqual(
      [seen[Question.light], seen[Question.buzzer]],
      [
        [0, 0, 1, 0],
        [1, 0, 1, 1],
      ],
    );
  });

  it("fails what the operator does not see", async () => {
    const { passed, checks } = await tested({}, { confirm: async () => false });
    assert.equal(passed, false);
    assert.equal(checks.find(({ name }) => name === "light")!.measured, "the operator said no");
  });
});
