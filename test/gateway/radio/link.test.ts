import assert from "node:assert/strict";
import type { SinonFakeTimers } from "sinon";
import type { Clock } from "../../../gateway/clock";
import { BluetoothLink, causeOf, LINK_LIMITS } from "../../../gateway/radio/link";
import { LINK_PACE } from "../../../gateway/radio/pace";
import { ownTime } from "../../owntime";
import { FakeLink } from "./central";

describe("an open link", () => {
  let time: SinonFakeTimers;
  let clock: Clock;
  let fake: FakeLink;
  let heard: number[];
  let closed: string[];

  beforeEach(() => {
    ({ time, clock } = ownTime());
    heard = [];
    closed = [];
  });

  function opened(prompt: string[], early: Uint8Array[] = [], ended?: { reason?: number }): BluetoothLink {
    fake = new FakeLink("c0:ff:ee:00:00:01", prompt);
    const link = new BluetoothLink("1", { link: fake, early, ended }, clock);
    link.onNotification = (bytes) => heard.push(bytes[0]!);
    link.onClosed = (cause) => closed.push(cause);
    link.start();
    return link;
  }

  it("delivers what came before it was taken over, first", () => {
    opened([], [new Uint8Array([1]), new Uint8Array([2])]);
    fake.onNotification(new Uint8Array([3]));
    assert.deepEqual(heard, [1, 2, 3]);
  });

  it("says so when it ended before it was taken over", () => {
    opened([], [new Uint8Array([1])], { reason: 0x08 });
    assert.deepEqual([heard, closed, fake.disconnects], [[1], ["lost"], 0]);
    assert.equal(time.countTimers(), 0);
  });

  it("writes a burst, then at its pace, in order", async () => {
    const link = opened(["write"]);
    fake.onNotification(new Uint8Array([1]));
    for (let i = 0; i < 30; i++) link.write(new Uint8Array([i]));
    await time.tickAsync(0);
    assert.equal(fake.written.length, LINK_PACE.burst);
    await time.tickAsync(1000);
    assert.equal(fake.written.length, LINK_PACE.burst + LINK_PACE.perSecond);
    await time.tickAsync(1000);
    assert.deepEqual(
      fake.written.map((bytes) => bytes[0]),
      Array.from({ length: 30 }, (_, i) => i),
    );
  });

  it("has one write under way, and lets go when that never ends", async () => {
    const link = opened([]);
    fake.onNotification(new Uint8Array([1]));
    link.write(new Uint8Array([1]));
    link.write(new Uint8Array([2]));
    await time.tickAsync(LINK_LIMITS.writeMs - 1);
    assert.deepEqual([fake.written.length, closed], [1, []]);
    await time.tickAsync(1);
    assert.deepEqual([closed, fake.disconnects, time.countTimers()], [["write"], 1, 0]);
    fake.answers.write.resolve();
    await time.tickAsync(0);
    assert.equal(fake.written.length, 1);
  });

  it("drops the newest of what the queue cannot take", () => {
    const link = opened([]);
    for (let i = 0; i < 1000; i++) link.write(new Uint8Array(128));
    assert.equal(link.dropped, 1000 - 1 - LINK_PACE.maxQueuedBytes / 128, "one is under way");
  });

  it("drops what outgrows a smaller MTU", async () => {
    const link = opened(["write"]);
    fake.payloadBytes = 20;
    assert.equal(link.notificationBytes, 20);
    link.write(new Uint8Array(21));
    link.write(new Uint8Array(20));
    await time.tickAsync(0);
    assert.deepEqual([fake.written.length, link.dropped], [1, 1]);
  });

  it("lets go of one that fell silent, not of one that says a status a minute", async () => {
    opened([]);
    for (let minute = 0; minute < 10; minute++) {
      fake.onNotification(new Uint8Array([1]));
      await time.tickAsync(60_000);
    }
    assert.deepEqual(closed, []);
    await time.tickAsync(LINK_LIMITS.silenceMs - 60_000 - 1);
    assert.deepEqual(closed, []);
    await time.tickAsync(1 + LINK_LIMITS.silenceMs / 4);
    assert.deepEqual([closed, fake.disconnects, time.countTimers()], [["silence"], 1, 0]);
  });

  it("tells its end once, with the first cause", async () => {
    const link = opened([]);
    const late = fake.onClosed;
    link.close("superseded");
    late(0x13);
    link.close("stopping");
    link.write(new Uint8Array(1));
    await time.tickAsync(0);
    assert.deepEqual([closed, fake.disconnects, fake.written.length], [["superseded"], 1, 0]);
    assert.equal(time.countTimers(), 0);
  });

  it("asks for the signal again and again, and keeps no value past a question without an answer", async () => {
    const link = opened([]);
    fake.onNotification(new Uint8Array([1]));
    const first = fake.answers.rssi;
    first.resolve(-61);
    await time.tickAsync(0);
    assert.equal(link.rssi, -61);
    await time.tickAsync(LINK_LIMITS.rssiEveryMs);
    const lost = fake.answers.rssi;
    assert.notEqual(lost, first);
    assert.equal(link.rssi, -61);
    await time.tickAsync(LINK_LIMITS.rssiEveryMs);
    assert.equal(link.rssi, undefined);
    const next = fake.answers.rssi;
    assert.notEqual(next, lost);
    next.reject(new Error("refused"));
    await time.tickAsync(LINK_LIMITS.rssiEveryMs);
    fake.answers.rssi.resolve(-70);
    await time.tickAsync(0);
    assert.equal(link.rssi, -70);
    link.close("stopping");
    assert.equal(time.countTimers(), 0);
  });

  it("tells a remote end from a lost link and from a lost adapter", () => {
    assert.deepEqual([0x13, 0x08, 0x3e, undefined].map(causeOf), ["peer", "lost", "lost", "adapter"]);
  });

  it("tells what the stack refused from what another program of this machine ended", () => {
    // Core 5.4 Vol 1 Part F: connection terminated by local host.
    const ended = 0x16;
    opened([]);
    fake.onClosed(ended);
    opened([]);
    fake.refused = true;
    fake.onClosed(ended);
    assert.deepEqual(closed, ["lost", "refused"]);
  });
});
