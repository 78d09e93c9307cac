import assert from "node:assert/strict";
import type { Board } from "../../firmware/board/board";
import type { Ring } from "../../firmware/ring";
import { Upkeep } from "../../firmware/upkeep";

/** A handheld whose clock the test moves; notes when what was done. */
function rig(bearsMs: number, stock: number) {
  const done: string[] = [];
  const work = { recording: false, sending: false, signature: 0, slices: 0 };
  let now = 10_000;
  let missing = stock;
  let timers: { at: number; run: () => void }[] = [];
  const board = {
    frontEnd: { bearsMs },
    eraseMs: 85,
    tidyMs: 50,
    uptimeMs: () => now,
    after(ms: number, run: () => void) {
      timers.push({ at: now + ms, run });
      return () => {};
    },
    tidy: () => done.push(`tidy ${now - 10_000}`),
  } as unknown as Board;
  const ring = {
    wantsErase: () => missing > 0,
    eraseOne() {
      missing--;
      done.push(`erase ${now - 10_000}`);
    },
  } as unknown as Ring;
  const upkeep = new Upkeep(board, ring, {
    recording: () => work.recording,
    sending: () => work.sending,
    signed: () => {
      if (work.signature === 0) return false;
      work.signature--;
      done.push(`sign ${now - 10_000}`);
      return true;
    },
    updating: () => work.slices > 0,
    updated(bearsErase) {
      if (work.slices === 0) return 0;
      work.slices--;
      done.push(`update ${now - 10_000}${bearsErase ? " bears an erase" : ""}`);
      return 250;
    },
  });
  const pass = (ms: number) => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };
  return { upkeep, work, done, pass, waiting: () => timers.length };
}

describe("the handheld's upkeep", () => {
  it("erases ahead and puts memory in order while a FIFO of 125 ms fills, one at a time", () => {
    const { upkeep, work, done, pass } = rig(125, 2);
    work.recording = true;
    const took: boolean[] = [];
    for (let burst = 0; burst < 70; burst++) {
      took.push(upkeep.emptied());
      pass(62);
    }
    assert.deepEqual(done, ["erase 0", "erase 62", "tidy 124", "tidy 2170", "tidy 4216"]);
    assert.equal(took.filter(Boolean).length, done.length);
  });

  it("goes on with a signature behind the stock and before memory, whatever the FIFO bears", () => {
    for (const [bearsMs, expected] of [
      [125, ["erase 0", "sign 62", "sign 124", "tidy 186"]],
      [62.5, ["sign 0", "sign 62", "tidy 124"]],
    ] as const) {
      const { upkeep, work, done, pass } = rig(bearsMs, 1);
      work.recording = true;
      work.signature = 2;
      for (let burst = 0; burst < 5; burst++) {
        upkeep.emptied();
        pass(62);
      }
      assert.deepEqual(done, expected);
    }
  });

  it("erases nothing while a FIFO of 62 ms fills, and does nothing while one of 40 does", () => {
    for (const [bearsMs, expected] of [
      [62.5, ["tidy 0"]],
      [40, []],
    ] as const) {
      const { upkeep, work, done } = rig(bearsMs, 2);
      work.recording = true;
      for (let burst = 0; burst < 5; burst++) upkeep.emptied();
      assert.deepEqual(done, expected);
    }
  });

  it("fills the stock at rest, goes on while frames are sent, and then lets the processor sleep", () => {
    const { upkeep, work, done, pass, waiting } = rig(125, 2);
    work.sending = true;
    upkeep.rest();
    upkeep.rest();
    assert.equal(waiting(), 1);
    for (let i = 0; i < 25; i++) pass(200);
    assert.deepEqual(done, ["erase 200", "erase 400", "tidy 2400", "tidy 4400"]);
    work.sending = false;
    for (let i = 0; i < 25; i++) pass(200);
    assert.equal(waiting(), 0);
    assert.deepEqual(done.slice(4), ["tidy 6400"]);
  });

  it("goes on with an update last of all, four times a second while a recording runs, and quickly at rest", () => {
    const { upkeep, work, done, pass, waiting } = rig(125, 1);
    work.recording = true;
    work.slices = 4;
    upkeep.update();
    for (let burst = 0; burst < 9; burst++) {
      upkeep.emptied();
      pass(62);
    }
    assert.deepEqual(done, ["erase 0", "tidy 62", "update 124 bears an erase", "update 434 bears an erase"]);
    work.recording = false;
    upkeep.rest();
    for (let i = 0; i < 4; i++) pass(25);
    assert.deepEqual(done.slice(4), ["update 583 bears an erase", "update 608 bears an erase"]);
    assert.equal(waiting(), 0);
  });

  it("leaves a recording alone", () => {
    const { upkeep, work, done, pass } = rig(125, 2);
    upkeep.rest();
    work.recording = true;
    pass(200);
    upkeep.rest();
    assert.deepEqual(done, []);
  });
});
