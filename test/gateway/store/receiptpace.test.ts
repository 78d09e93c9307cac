import assert from "node:assert/strict";
import { RECEIPT_LIMITS } from "../../../gateway/store/receipts";
import { Rig } from "./rig";

describe("receipts, as a handheld's processor bears them", () => {
  let rig: Rig;
  let sent: { number: number; next: number }[];

  beforeEach(() => {
    rig = new Rig({ receipts: RECEIPT_LIMITS });
    sent = [];
    rig.store.events.on("receipted", (_device, { recording, next }) => {
      sent.push({ number: recording, next });
    });
  });
  afterEach(() => rig.end());

  it("come one a second for all frames of a backlog, the last one for all of it", () => {
    const handheld = rig.claimed();
    const made = handheld.record(200);
    rig.time.tick(10_000);
    sent.length = 0;
    for (const frame of made.frames) {
      rig.send(handheld, frame);
      rig.time.tick(50);
    }
    const seconds = (made.frames.length * 50) / 1000;
    assert.ok(sent.length >= seconds - 1 && sent.length <= seconds + 4, `${sent.length} in ${seconds} s`);
    rig.time.tick(3000);
    assert.equal(sent.at(-1)!.next, made.frames.length);
  });

  it("come at once after a pause", () => {
    const handheld = rig.claimed();
    const made = handheld.record(3);
    rig.time.tick(10_000);
    sent.length = 0;
    rig.deliver(handheld, made);
    assert.equal(sent.length, 1);
    assert.equal(sent[0]!.next, made.frames.length);
  });

  it("of recordings that come side by side take turns", () => {
    const handheld = rig.claimed();
    const one = handheld.record(100);
    const other = handheld.record(100);
    rig.time.tick(10_000);
    sent.length = 0;
    for (let i = 0; i < 100; i++) {
      rig.send(handheld, one.frames[i]!, other.frames[i]!);
      rig.time.tick(100);
    }
    const ofOne = sent.filter(({ number }) => number === sent[0]!.number).length;
    assert.ok(Math.abs(2 * ofOne - sent.length) <= 2, `${ofOne} of ${sent.length}`);
  });

  it("that a session asked for reach all its recordings, however busy one of them is", () => {
    const handheld = rig.claimed();
    for (let i = 0; i < 6; i++) rig.deliver(handheld, handheld.record(2));
    const busy = handheld.record(200);
    rig.time.tick(20_000);
    sent.length = 0;
    rig.hello(handheld);
    for (const frame of busy.frames) {
      rig.send(handheld, frame);
      rig.time.tick(150);
    }
    assert.equal(new Set(sent.map(({ number }) => number)).size, 7);
  });
});
