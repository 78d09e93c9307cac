import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { DropReason } from "../../../protocol/bodies";
import { Op } from "../../../protocol/command";
import { FrameType } from "../../../protocol/header";
import { decodeStoreHello, messageType } from "../../../protocol/session";
import type { Handheld } from "./handheld";
import { Rig } from "./rig";

describe("a receipt", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  it("follows the commit of a whole recording, whose frames are then on disk as they were sealed", () => {
    const made = handheld.record(5);
    rig.deliver(handheld, made);
    const receipt = handheld.newestReceipt(made.number)!;
    assert.equal(receipt.next, made.frames.length);
    assert.deepEqual(receipt.holes, []);
    const kept = [...rig.store.reader.frames(rig.stored[0].recordingId)].map((one) => Buffer.from(one.frame));
    assert.deepEqual(
      kept,
      made.frames.map((frame) => Buffer.from(frame)),
    );
  });

  it("does not come before the commit", () => {
    const before = handheld.receipts.length;
    const made = handheld.record(5);
    rig.send(handheld, ...made.frames);
    assert.equal(handheld.receipts.length, before);
    assert.deepEqual(rig.store.reader.recordings(), []);
    rig.store.flush();
    assert.equal(handheld.receipts.length, before + 1);
  });

  it("names the holes, and no more of them once they are filled, in whatever order", () => {
    const made = handheld.record(10);
    rig.deliver(handheld, made, [0, 1, 4, 5, 9]);
    assert.deepEqual(handheld.newestReceipt(1)!.holes, [
      { from: 2, length: 2 },
      { from: 6, length: 3 },
    ]);
    rig.deliver(handheld, made, [7, 3]);
    assert.deepEqual(handheld.newestReceipt(1)!.holes, [
      { from: 2, length: 1 },
      { from: 6, length: 1 },
      { from: 8, length: 1 },
    ]);
    rig.deliver(handheld, made, [8, 2, 6, 11, 10]);
    assert.deepEqual(handheld.newestReceipt(1)!.holes, []);
    assert.equal(handheld.newestReceipt(1)!.next, 12);
    assert.ok(rig.verify().ok);
  });

  it("lowers its next where eight holes do not suffice", () => {
    const made = handheld.record(40);
    rig.deliver(
      handheld,
      made,
      made.frames.map((_, i) => i).filter((i) => i % 2 === 0),
    );
    const receipt = handheld.newestReceipt(1)!;
    assert.equal(receipt.holes.length, 8);
    assert.equal(receipt.next, 17);
  });

  it("is repeated for frames that are stored already, since the first may have been lost", () => {
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    const before = handheld.receipts.length;
    rig.deliver(handheld, made);
    assert.equal(handheld.receipts.length, before + 1);
    assert.equal(rig.refused(handheld).duplicate, made.frames.length);
    assert.equal(rig.stored.length, made.frames.length);
  });

  it("does not ask for what was declared lost, of this recording or an older one", () => {
    const first = handheld.begin();
    for (let i = 0; i < 6; i++) handheld.data(first);
    const second = handheld.begin();
    handheld.drop(second, {
      reason: DropReason.ringFull,
      recording: 1,
      from: 2,
      to: 4,
      firstSample: first.positions[2],
      samples: first.positions[5] - first.positions[2],
      chain: first.chains[4],
    });
    rig.deliver(handheld, first, [0, 1, 5, 6]);
    assert.deepEqual(handheld.newestReceipt(1)!.holes, [{ from: 2, length: 3 }]);
    rig.deliver(handheld, second);
    rig.hello(handheld);
    assert.deepEqual(handheld.newestReceipt(1)!.holes, []);
    assert.equal(handheld.newestReceipt(1)!.next, 7);
    const { id } = rig.store.reader.recordings().find((one) => one.recording === 1)!;
    assert.deepEqual(rig.store.reader.gaps(id), [
      { firstSample: 8, samples: 24, reason: DropReason.ringFull },
    ]);
    const report = rig.verify();
    assert.deepEqual(report.problems, []);
    const verified = report.recordings.find((one) => one.id === id)!;
    assert.equal(verified.verdict, "authentic", verified.problems.join());
    assert.deepEqual(verified.notes, ["simulated", "gap of 24 samples at 8 (ring full)", "truncated"]);
  });

  it("comes for every recording that the handheld still holds when a session begins, also for unknown ones", () => {
    const made = handheld.record(2);
    handheld.record(2);
    rig.deliver(handheld, made);
    handheld.receipts.length = 0;
    rig.hello(handheld);
    assert.deepEqual(
      handheld.receipts.map(({ recording, next }) => [recording, next]),
      [
        [1, 4],
        [2, 0],
      ],
    );
  });

  it("carries another generation from a restored store", () => {
    rig.deliver(handheld, handheld.record(1));
    const before = handheld.receipts.at(-1)!.generation;
    rig.store.close();
    const path = `${rig.dataDir}/keyring.json`;
    writeFileSync(
      path,
      JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), generation: "0011223344556677" }),
    );
    rig.open();
    rig.hello(handheld);
    const after = handheld.receipts.at(-1)!;
    assert.notDeepEqual(after.generation, before);
    assert.equal(Buffer.from(after.generation).toString("hex"), "0011223344556677");
    assert.deepEqual(decodeStoreHello(handheld.storeHellos.at(-1)!).generation, after.generation);
  });
});

describe("a session", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  it("is asked for, once a second, when frames come without one; the frames are stored all the same", () => {
    rig.reopen();
    const made = handheld.record(3);
    handheld.helloRequests.length = 0;
    rig.deliver(handheld, made);
    rig.deliver(handheld, made);
    assert.equal(handheld.helloRequests.length, 1);
    assert.equal(rig.stored.length, made.frames.length);
    rig.hello(handheld);
    assert.equal(handheld.newestReceipt(1)!.next, made.frames.length);
  });

  it("goes on when an old hello is replayed", () => {
    const old = handheld.hello();
    rig.time.tick(250);
    rig.store.receive(handheld.alias, old);
    rig.hello(handheld);
    handheld.deaf = true;
    rig.time.tick(1000);
    rig.store.receive(handheld.alias, old);
    rig.time.tick(1000);
    handheld.deaf = false;
    const made = handheld.record(3);
    rig.deliver(handheld, made);
    assert.equal(handheld.newestReceipt(1)!.next, made.frames.length);
  });

  it("gives a repeated hello the same answer, and the hello of the live session none", () => {
    handheld.deaf = true;
    const answers: Uint8Array[] = [];
    rig.store.onSend = (_, message) => void answers.push(message);
    const hello = handheld.hello();
    for (let i = 0; i < 2; i++) {
      rig.time.tick(250);
      rig.store.receive(handheld.alias, hello);
    }
    assert.equal(answers.length, 2);
    assert.deepEqual(answers[0], answers[1]);
    handheld.deaf = false;
    const [status] = handheld.take(answers[0]);
    rig.store.receive(handheld.alias, status);
    rig.time.tick(250);
    rig.store.receive(handheld.alias, hello);
    assert.equal(rig.refused(handheld)["replayed-hello"], 1);
  });

  it("begins with the hub's time, which also tells the handheld that its owner knows it", () => {
    assert.deepEqual(
      handheld.commands.map(({ op }) => op),
      [Op.time],
    );
    assert.ok(Math.abs(handheld.commands[0].unixMs! - Date.now()) < 1000);
  });

  it("carries commands, and refuses one to a handheld that is not there", () => {
    rig.store.command(handheld.hex, { op: Op.identify, seconds: 3 });
    assert.deepEqual(handheld.commands.at(-1), { op: Op.identify, seconds: 3 });
    rig.reopen();
    assert.throws(() => rig.store.command(handheld.hex, { op: Op.stop }), { code: "STORE_NO_SESSION" });
  });

  it("answers at most one hello in 50 ms", () => {
    let answers = 0;
    rig.store.onSend = (_, message) => {
      if (messageType(message) === FrameType.storeHello) answers++;
    };
    rig.time.tick(1000);
    for (let i = 0; i < 50; i++) {
      rig.store.receive(handheld.alias, handheld.hello());
      rig.time.tick(10);
    }
    assert.equal(answers, 10);
    assert.equal(rig.refused(handheld)["hello-flood"], 40);
  });
});
