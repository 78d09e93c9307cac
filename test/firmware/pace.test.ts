import assert from "node:assert/strict";
import { Pace } from "../../firmware/pace";

/** Receipts, one a second, over a connection that carries so many. */
function paces(pace: Pace, carried: number, receipts: number): number[] {
  return Array.from({ length: receipts }, () => {
    const { perSecond } = pace;
    if (perSecond > carried) pace.lost();
    else pace.arrived();
    return perSecond;
  });
}

describe("the pace", () => {
  it("begins with what the board carries, and keeps it while nothing is lost", () => {
    assert.deepEqual(new Set(paces(new Pace(40), 40, 100)), new Set([40]));
  });

  for (const carried of [10, 20, 33, 66]) {
    it(`swings about ${carried} notifications a second where no more are carried`, () => {
      const settled = paces(new Pace(100), carried, 200).slice(20);
      const mean = settled.reduce((sum, each) => sum + each, 0) / settled.length;
      assert.ok(mean > 0.8 * carried && mean < 1.1 * carried, `${mean} on average`);
      assert.ok(Math.max(...settled) <= carried + 2, `${Math.max(...settled)} at most`);
    });
  }

  it("never falls so low that a second of signal takes longer than a second", () => {
    const pace = new Pace(40);
    for (let i = 0; i < 50; i++) pace.silence();
    assert.ok(pace.perSecond >= 4, `${pace.perSecond}`);
  });

  it("stays below what the hub allows, also where that is little", () => {
    const pace = new Pace(100);
    pace.limit(5);
    assert.deepEqual(new Set(paces(pace, 100, 50)), new Set([5]));
    pace.lost();
    assert.equal(pace.perSecond, 5);
  });
});
