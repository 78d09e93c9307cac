import assert from "node:assert/strict";
import fc from "fast-check";
import { certifySimulated } from "../../../gateway/store/makers";
import { encodeCertificate } from "../../../protocol/certificate";
import { FrameType } from "../../../protocol/header";
import { Handheld } from "./handheld";
import { Rig } from "./rig";

describe("the store refuses and counts", () => {
  let rig: Rig;
  let handheld: Handheld;
  beforeEach(() => {
    rig = new Rig();
    handheld = rig.claimed();
  });
  afterEach(() => rig.end());

  function refusedFor(...frames: Uint8Array[]): Record<string, number> {
    rig.send(handheld, ...frames);
    const refused = rig.refused(handheld);
    assert.equal(rig.stored.length, 0, "nothing refused is stored");
    return refused;
  }

  it("an unknown device, in one row for all of them", () => {
    const other = new Handheld(9);
    rig.store.receive(other.alias, handheld.begin().frames[0]);
    rig.store.receive(new Uint8Array(8), other.hello());
    rig.store.receive(other.alias, other.hello());
    assert.deepEqual(rig.refused(), { malformed: 1, "unknown-device": 2 });
  });

  it("a frame with any bit of its header or ciphertext flipped", () => {
    const frame = handheld.begin().frames[0];
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const flipped = Uint8Array.from(frame);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      rig.send(handheld, flipped);
      if (bit % 100 === 0) rig.time.tick(1000);
    }
    const refused = rig.refused(handheld);
    assert.equal(rig.stored.length, 0);
    const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
    assert.equal(total, 8 * frame.length);
    assert.equal(refused.version, 4);
    assert.equal(refused.epoch, 16);
    assert.ok(refused["recording-too-far"] > 0 && refused["recording-too-far"] <= 32);
    assert.ok(refused["wrong-tag"] > 8 * (frame.length - 11));
    assert.equal(refused.internal, undefined);
  });

  it("a frame of another handheld", () => {
    const other = rig.claimed(2);
    assert.deepEqual(refusedFor(other.begin().frames[0]), { "wrong-tag": 1 });
  });

  it("a recording number of 2^32-1, or far ahead", () => {
    const made = handheld.begin();
    const far = handheld.seal({ ...made, number: 0xfffffffe }, FrameType.open, 0, new Uint8Array(4));
    const reserved = Uint8Array.from(far).fill(0xff, 3, 7);
    assert.deepEqual(refusedFor(far, reserved), { malformed: 1, "recording-too-far": 1 });
  });

  it("a number ahead in reach under a key that is not its own, without moving the ratchet", () => {
    const made = handheld.begin();
    const forged = handheld.seal({ ...made, number: 900 }, FrameType.open, 0, new Uint8Array(4));
    assert.deepEqual(refusedFor(forged), { "wrong-tag": 1 });
    rig.deliver(handheld, made);
    assert.equal(rig.stored.length, 1);
  });

  it("a re-numbered frame and a recording's frame under another sequence", () => {
    const made = handheld.record(2);
    const renumbered = Uint8Array.from(made.frames[1]);
    renumbered[10] = 9;
    assert.deepEqual(refusedFor(renumbered), { "wrong-tag": 1 });
  });

  it("a frame behind its recording's close", () => {
    const made = handheld.record(1);
    rig.deliver(handheld, made);
    rig.send(handheld, handheld.data(made));
    assert.deepEqual(rig.refused(handheld), { "after-close": 1 });
    assert.equal(rig.stored.length, 3);
  });

  it("another frame for the same place: the first stays, the other is put aside, the recording is flagged", () => {
    const made = handheld.begin();
    handheld.data(made);
    rig.deliver(handheld, made);
    const other = handheld.seal(made, FrameType.data, 1, new Uint8Array(40).fill(7));
    rig.send(handheld, other, other);
    assert.deepEqual(rig.refused(handheld), { conflict: 2 });
    const [recording] = rig.store.reader.recordings();
    assert.deepEqual(recording.flags, ["conflict"]);
    assert.deepEqual(
      [...rig.store.reader.frames(recording.id)].map(({ frame }) => Buffer.from(frame)),
      made.frames.map((frame) => Buffer.from(frame)),
    );
    assert.equal(rig.verify().ok, false);
  });

  it("a recording number that was passed and whose key is gone", () => {
    const made = handheld.record(1);
    rig.deliver(handheld, made);
    rig.store.close();
    rig.sql("DELETE FROM recordings WHERE number = 1");
    rig.open();
    rig.send(handheld, ...made.frames.slice(0, 1));
    assert.deepEqual(rig.refused(handheld), { "recording-regressed": 1 });
  });

  it("a replayed status", () => {
    const status = handheld.status();
    assert.deepEqual(refusedFor(status, status), { "replayed-status": 1 });
  });

  it("a status of another epoch, a mangled one, and messages that only a store sends", () => {
    const status = handheld.status();
    const mangled = Uint8Array.from(status);
    mangled[20] ^= 1;
    const epoch = Uint8Array.from(status);
    epoch[2] ^= 1;
    const receipt = Uint8Array.from(status);
    receipt[0] = 0x10 | FrameType.receipt;
    assert.deepEqual(refusedFor(mangled, epoch, receipt, new Uint8Array(0), new Uint8Array(4000)), {
      epoch: 1,
      malformed: 3,
      "wrong-tag": 1,
    });
  });

  it("no more than 200 wrong tags in a second from one device, and hears it again in the next", () => {
    const made = handheld.begin();
    const forged = Uint8Array.from(made.frames[0]);
    forged[30] ^= 1;
    for (let i = 0; i < 300; i++) rig.send(handheld, forged);
    rig.store.flush();
    assert.deepEqual(rig.refused(handheld), { slowed: 100, "wrong-tag": 200 });
    rig.deliver(handheld, made);
    assert.equal(rig.stored.length, 1);
  });

  it("what would leave more than 256 holes, until the first ones are filled", () => {
    const made = handheld.record(600);
    const even = made.frames.map((_, i) => i).filter((i) => i % 2 === 0);
    rig.deliver(handheld, made, even);
    assert.ok(rig.refused(handheld).scattered > 0);
    rig.deliver(handheld, made);
    rig.deliver(handheld, made);
    assert.equal(handheld.newestReceipt(1)!.next, made.frames.length);
    assert.ok(rig.verify().ok);
  });

  it("and tells each kind once a minute", () => {
    const forged = Uint8Array.from(handheld.begin().frames[0]);
    forged[30] ^= 1;
    for (let second = 0; second < 90; second++) {
      rig.send(handheld, forged);
      rig.time.tick(1000);
    }
    const told = rig.logged.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    assert.deepEqual(told, [
      { device: handheld.hex, kind: "wrong-tag", count: 1 },
      { device: handheld.hex, kind: "wrong-tag", count: 60 },
    ]);
  });

  it("any bytes at all without failing over them", () => {
    const made = handheld.record(3);
    const samples = [...made.frames, handheld.status(), handheld.hello(), handheld.claimAnswer()];
    const mutated = fc
      .tuple(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(80),
      )
      .map(([sample, changes, cutTo]) => {
        const bytes = Uint8Array.from(cutTo < 20 ? sample.subarray(0, cutTo) : sample);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        rig.store.receive(handheld.alias, bytes);
        rig.time.tick(5);
      }),
      { numRuns: 2000 },
    );
    assert.equal(rig.refused(handheld).internal, undefined);
    assert.ok(rig.stored.every((one) => made.frames.some((f) => f.length >= one.body.length)));
  });

  it("a claim by a certificate that no maker signed, or for a device that has an owner here", () => {
    const forged = new Handheld(3);
    const certificate = certifySimulated(forged.id);
    certificate.signature = Uint8Array.from(certificate.signature, (byte) => byte ^ 1);
    const cases: [Uint8Array, string][] = [
      [encodeCertificate(certificate), "certificate"],
      [encodeCertificate(certifySimulated(handheld.id)), "epoch"],
    ];
    for (const [bytes, code] of cases) {
      const claimant = new Handheld(3, undefined, bytes);
      rig.handhelds.push(claimant);
      const claim = rig.store.claim(claimant.code);
      rig.hello(claimant, true);
      assert.deepEqual(rig.store.claimState(claim), { state: "refused", device: undefined, code });
    }
    assert.equal(rig.refused().certificate, 1);
    assert.equal(rig.store.reader.devices().length, 1);
  });
});
