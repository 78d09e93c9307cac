import assert from "node:assert/strict";
import { useFakeTimers } from "sinon";
import { Button } from "../../../firmware/espruino/button";

describe("the button", () => {
  let clock: ReturnType<typeof useFakeTimers>;
  let down: boolean;
  let button: Button;
  let said: string[];

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    down = false;
    said = [];
    button = new Button({
      down: () => down,
      uptimeMs: () => Date.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
  });
  afterEach(() => clock.restore());

  const move = (to: boolean) =>
    button.moved(
      to,
      () => said.push("pressed"),
      () => said.push("held"),
    );

  for (const [heldMs, expected] of [
    [40, ["pressed"]],
    [2999, ["pressed"]],
    [3000, ["held"]],
    [60000, ["held"]],
  ] as const)
    it(`down for ${heldMs} ms: ${expected}`, () => {
      move(true);
      clock.tick(heldMs);
      move(false);
      clock.tick(60000);
      assert.deepEqual(said, expected);
    });

  it("that comes up without having gone down says nothing", () => {
    move(false);
    clock.tick(60000);
    assert.deepEqual(said, []);
  });

  it("counts one press for each, also when it bounced on the way down", () => {
    move(true);
    move(true);
    clock.tick(100);
    move(false);
    move(true);
    clock.tick(100);
    move(false);
    assert.deepEqual(said, ["pressed", "pressed"]);
  });

  const powerOn = (releaseAfterMs: number) => {
    const seconds: number[] = [];
    const decided: boolean[] = [];
    down = releaseAfterMs > 0;
    button.atPowerOn(
      (second) => seconds.push(second),
      (wipe) => decided.push(wipe),
    );
    clock.tick(releaseAfterMs);
    down = false;
    clock.tick(60000);
    return { seconds: seconds.length, decided };
  };

  for (const [what, ms, seconds, wipe] of [
    ["not touched", 0, 0, false],
    ["touched", 950, 0, false],
    ["held almost ten seconds", 9850, 9, false],
    ["held ten seconds and let go of", 10050, 10, true],
    ["held nineteen seconds and let go of", 19000, 19, true],
    ["stuck", 40000, 19, false],
  ] as const)
    it(`at power-on ${what} asks ${wipe ? "for a wipe" : "for nothing"}`, () => {
      assert.deepEqual(powerOn(ms), { seconds, decided: [wipe] });
    });

  it("at power-on decides nothing while it is down", () => {
    const decided: boolean[] = [];
    down = true;
    button.atPowerOn(
      () => {},
      (wipe) => decided.push(wipe),
    );
    clock.tick(15000);
    assert.deepEqual(decided, []);
  });
});
