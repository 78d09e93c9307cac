import assert from "node:assert/strict";
import type { SinonFakeTimers } from "sinon";
import type { Clock } from "../../../gateway/clock";
import { PacedWrites } from "../../../gateway/radio/pace";
import { ownTime } from "../../owntime";

describe("writes at a pace", () => {
  let time: SinonFakeTimers;
  let clock: Clock;
  const went: { at: number; byte: number }[] = [];
  const note = (bytes: Uint8Array) => {
    went.push({ at: time.now, byte: bytes[0]! });
  };
  const of = (byte: number) => Uint8Array.of(byte, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  beforeEach(() => {
    ({ time, clock } = ownTime());
    went.length = 0;
  });

  it("lets a burst go at once, and the rest in order at the pace", () => {
    const paced = new PacedWrites(clock, { perSecond: 10, burst: 3, maxQueuedBytes: 1000 }, note);
    for (let byte = 0; byte < 6; byte++) assert.equal(paced.push(of(byte)), true);
    time.tick(1000);
    assert.deepEqual(went, [
      { at: 0, byte: 0 },
      { at: 0, byte: 1 },
      { at: 0, byte: 2 },
      { at: 100, byte: 3 },
      { at: 200, byte: 4 },
      { at: 300, byte: 5 },
    ]);
  });

  it("earns its burst again in a pause, and no more than that", () => {
    const paced = new PacedWrites(clock, { perSecond: 10, burst: 3, maxQueuedBytes: 1000 }, note);
    for (let byte = 0; byte < 3; byte++) paced.push(of(byte));
    time.tick(10_000);
    for (let byte = 3; byte < 8; byte++) paced.push(of(byte));
    assert.equal(went.length, 6);
    assert.equal(time.countTimers(), 1);
    time.tick(10_000);
    assert.equal(went.length, 8);
    assert.equal(time.countTimers(), 0, "nothing runs while nothing waits");
  });

  it("drops the newest when too much waits", () => {
    const paced = new PacedWrites(clock, { perSecond: 10, burst: 1, maxQueuedBytes: 25 }, note);
    assert.deepEqual(
      [0, 1, 2, 3].map((byte) => paced.push(of(byte))),
      [true, true, true, false],
    );
    time.tick(1000);
    assert.deepEqual(
      went.map(({ byte }) => byte),
      [0, 1, 2],
    );
    assert.equal(paced.push(of(4)), true);
  });

  it("waits for a write that takes its time, and goes on behind one that failed", async () => {
    const settle: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const paced = new PacedWrites(clock, { perSecond: 10, burst: 4, maxQueuedBytes: 1000 }, (bytes) => {
      note(bytes);
      return new Promise((resolve, reject) => settle.push({ resolve, reject }));
    });
    for (let byte = 0; byte < 3; byte++) paced.push(of(byte));
    assert.equal(went.length, 1);
    settle[0]!.resolve();
    await time.tickAsync(0);
    assert.equal(went.length, 2);
    settle[1]!.reject(new Error("the stack refused"));
    await time.tickAsync(0);
    assert.equal(went.length, 3);
  });

  it("keeps order and bound when a write pushes another", () => {
    const paced: PacedWrites = new PacedWrites(
      clock,
      { perSecond: 10, burst: 2, maxQueuedBytes: 1000 },
      (bytes) => {
        note(bytes);
        if (bytes[0] === 0) paced.push(of(9));
      },
    );
    paced.push(of(0));
    paced.push(of(1));
    time.tick(1000);
    assert.deepEqual(
      went.map(({ byte }) => byte),
      [0, 9, 1],
    );
  });

  it("forgets what waits when it is closed, and takes nothing more", async () => {
    let resolve = () => {};
    const paced = new PacedWrites(clock, { perSecond: 10, burst: 4, maxQueuedBytes: 1000 }, (bytes) => {
      note(bytes);
      return new Promise<void>((done) => {
        resolve = done;
      });
    });
    paced.push(of(0));
    paced.push(of(1));
    paced.close();
    resolve();
    await time.tickAsync(10_000);
    assert.equal(paced.push(of(2)), false);
    assert.equal(went.length, 1);
    assert.equal(time.countTimers(), 0);
  });
});
