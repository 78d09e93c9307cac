import assert from "node:assert/strict";
import type { SinonFakeTimers } from "sinon";
import { Pattern } from "../../../firmware/board/board";
import { RHYTHMS } from "../../../firmware/espruino/patterns";
import { Indicator } from "../../../firmware/espruino/ui";
import type { Clock } from "../../../gateway/clock";
import { ownTime } from "../../owntime";

/** How a person would tell it: short and long, and where the pause is. */
const heard = (steps: number[]) =>
  steps
    .filter((_, i) => i % 2 === 0)
    .map((ms) => (ms <= 150 ? "short" : ms >= 600 ? "long" : "unclear"))
    .join(" ");
const patterns = Object.entries(Pattern).filter(([name]) => name !== "off");

describe("what light and buzzer say", () => {
  it("is there for every pattern", () => {
    for (const [name, pattern] of patterns) assert.ok(RHYTHMS[pattern]!.steps.length >= 2, name);
    assert.equal(RHYTHMS.length, patterns.length + 1);
  });

  it("is told apart by rhythm alone", () => {
    const all = patterns.map(([, pattern]) => RHYTHMS[pattern]!);
    // One long light that does not come again is told from one that does by that; nothing else shares a rhythm.
    const rhythms = all.map(({ steps }) => heard(steps));
    assert.equal(new Set(rhythms).size, rhythms.length, rhythms.join(" | "));
    for (const rhythm of rhythms) assert.doesNotMatch(rhythm, /unclear/);
  });

  it("has a pause that nobody takes for a gap, wherever it comes again", () => {
    for (const [name, pattern] of patterns) {
      const { steps, rounds } = RHYTHMS[pattern]!;
      if (rounds === 1) continue;
      const gaps = steps.filter((_, i) => i % 2 === 1);
      const pause = gaps.pop()!;
      for (const gap of gaps)
        assert.ok(pause >= 3 * gap, `${name}: a pause of ${pause} after gaps of ${gap}`);
    }
  });

  it("never flickers at 3 Hz or more for longer than a second, for those whom that harms", () => {
    for (const [name, pattern] of patterns) {
      const { steps } = RHYTHMS[pattern]!;
      const pause = steps[steps.length - 1]!;
      const flicker = steps.slice(0, -1).reduce((sum, ms) => sum + ms, 0);
      const fast = steps.length > 6 && steps.slice(0, -1).every((ms) => ms < 160);
      if (fast) assert.ok(flicker < 1000 && pause >= 1000, name);
    }
  });
});

describe("the indicator", () => {
  let time: SinonFakeTimers;
  let clock: Clock;
  let log: string[];
  let indicator: Indicator;
  const lit = () => log.filter((line) => line.endsWith("light")).length;
  const take = () => log.splice(0);

  beforeEach(() => {
    ({ time, clock } = ownTime());
    log = [];
    let light = false;
    let sound = false;
    indicator = new Indicator({
      light: (on) => {
        if (on && !light) log.push(`${time.now} light`);
        if (!on && light) log.push(`${time.now} dark`);
        light = on;
      },
      sound: (on) => {
        if (on && !sound) log.push(`${time.now} beep`);
        if (!on && sound) log.push(`${time.now} still`);
        sound = on;
      },
      after: clock.after,
    });
  });

  it("blinks a lasting pattern without end, and beeps its first round only", () => {
    indicator.show(Pattern.recording);
    time.tick(6200);
    assert.deepEqual(take(), [
      "0 light",
      "0 beep",
      "100 dark",
      "100 still",
      "3000 light",
      "3100 dark",
      "6000 light",
      "6100 dark",
    ]);
  });

  it("is dark and at rest after the hub has everything, and never beeps for it", () => {
    indicator.show(Pattern.hubHasIt);
    time.tick(3600_000);
    assert.deepEqual(take(), ["0 light", "2000 dark"]);
    assert.equal(time.countTimers(), 0);
  });

  it("begins anew when shown again, and beeps with it", () => {
    indicator.show(Pattern.recording);
    time.tick(1000);
    indicator.show(Pattern.recording);
    time.tick(3050);
    assert.deepEqual(take(), [
      ...["0 light", "0 beep", "100 dark", "100 still"],
      ...["1000 light", "1000 beep", "1100 dark", "1100 still"],
      "4000 light",
    ]);
  });

  it("changes at once, in the midst of another pattern", () => {
    indicator.show(Pattern.identify);
    time.tick(500);
    indicator.show(Pattern.keptHere);
    time.tick(5000);
    assert.deepEqual(
      take().filter((line) => /light|dark/.test(line)),
      ["0 light", "600 dark", "850 light", "950 dark"],
    );
  });

  it("rests after as many rounds as a pattern has", () => {
    indicator.show(Pattern.claimMe);
    time.tick(3600_000);
    assert.equal(lit(), 2 * RHYTHMS[Pattern.claimMe]!.rounds);
    assert.equal(time.countTimers(), 0);
  });

  it("goes dark when nothing is to be shown", () => {
    indicator.show(Pattern.recording);
    time.tick(50);
    indicator.show(Pattern.off);
    time.tick(60_000);
    assert.deepEqual(take(), ["0 light", "0 beep", "50 dark", "50 still"]);
  });
});
