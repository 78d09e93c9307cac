import assert from "node:assert/strict";
import sinon from "sinon";
import { GrowingBlock } from "../../protocol/codec/block";
import { FrameType } from "../../protocol/header";
import { RecordingMode } from "../../protocol/open";
import { handheldAt, sampleAt } from "./slowhand";

/** What the interpreter takes on an nRF52840 by counted instructions: a sample's code, and a frame from its block to flash. */
const ENCODE_MS = 1.5;
/** A hash, a byte sealed and a write, where a board encodes in C (estimates). */
const HASH_MS = 5;
const SEALED_BYTE_MS = 20 / 1300;
const WRITE_MS = 5;
const FRAME_MS = 110;

describe("while flash is erased", function () {
  it("a strip at 512 Hz loses nothing: its pages were erased before it began", () => {
    const { processor, flash, handheld, frontEnd, sealed, idle } = handheldAt(512);
    processor.pass(5000);
    const ahead = flash.erases;
    assert.equal(ahead, 8);
    handheld.act((monitor) => monitor.press());
    processor.pass(29_000);
    assert.equal(flash.erases, ahead, "erased within the strip");
    processor.pass(2000);
    assert.ok(idle());
    assert.deepEqual(frontEnd.overflowed, []);
    assert.equal(sealed.samples.size, 30 * 512);
    for (const [i, value] of sealed.samples) assert.equal(value, sampleAt(i), `sample ${i}`);
    assert.deepEqual([sealed.closes[0]!.samples, sealed.closes[0]!.dropped], [30 * 512, 0]);
    // And the next one finds the stock filled up again.
    processor.pass(5000);
    const { erases } = flash;
    handheld.act((monitor) => monitor.press());
    processor.pass(31_000);
    assert.ok(idle());
    assert.ok(erases > ahead);
    assert.deepEqual(frontEnd.overflowed, []);
  });

  for (const rate of [256, 128]) {
    it(`an hour at ${rate} Hz, begun without any stock, loses nothing: its FIFO bears an erase`, () => {
      const { processor, flash, handheld, frontEnd, sealed, idle } = handheldAt(rate);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, 3600));
      processor.pass(3601_000);
      assert.ok(idle());
      assert.deepEqual(frontEnd.overflowed, []);
      assert.equal(sealed.samples.size, 3600 * rate);
      assert.equal(sealed.closes[0]!.dropped, 0);
      assert.ok(flash.erases > 100, `only ${flash.erases} erases`);
    });
  }

  it("ten minutes at 256 Hz lose nothing though the interpreter takes its time to encode, seal and erase", () => {
    const { processor, handheld, frontEnd, sealed, idle } = handheldAt(256);
    const grow = GrowingBlock.prototype.grow;
    const growing = sinon.stub(GrowingBlock.prototype, "grow").callsFake(function (
      this: GrowingBlock,
      filled,
    ) {
      const before = (this as unknown as { coded: number }).coded;
      grow.call(this, filled);
      processor.busy((filled - before) * ENCODE_MS);
    });
    const seal = sinon.stub(sealed.crypto, "seal").callsFake((...args) => {
      processor.busy(FRAME_MS);
      return seal.wrappedMethod(...args);
    });
    try {
      processor.pass(5000);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, 600));
      processor.pass(601_000);
    } finally {
      growing.restore();
    }
    assert.ok(idle());
    assert.deepEqual(frontEnd.overflowed, []);
    assert.equal(sealed.samples.size, 600 * 256);
  });

  for (const [rate, rested] of [
    [512, true],
    [256, false],
  ] as const) {
    const begun = rested ? "with its stock" : "without any stock";
    it(`a recording at ${rate} Hz ${begun} loses nothing to the signature of the one before it`, () => {
      for (let phase = 0; phase < 62; phase += 6) {
        const { processor, flash, handheld, frontEnd, sealed, idle } = handheldAt(rate);
        if (rested) processor.pass(5000);
        const { seal, sha256 } = sealed.crypto;
        const signedMs: number[] = [];
        sealed.crypto.seal = (key, nonce, plain) => {
          processor.busy(plain.length * SEALED_BYTE_MS);
          if ((nonce[0]! & 15) === FrameType.signature) signedMs.push(processor.now());
          return seal(key, nonce, plain);
        };
        sealed.crypto.sha256 = (bytes) => {
          processor.busy(HASH_MS);
          return sha256(bytes);
        };
        flash.writeMs = WRITE_MS;
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 2));
        processor.pass(2500 + phase);
        assert.ok(idle());
        handheld.act((monitor) => monitor.start(RecordingMode.fixed, 12));
        const begunMs = processor.now();
        processor.pass(11_000);
        assert.equal(signedMs.length, 1);
        assert.ok(signedMs[0]! > begunMs && !idle());
        processor.pass(5000);
        assert.ok(idle());
        assert.deepEqual(frontEnd.overflowed, [], `begun ${phase} ms later`);
        assert.deepEqual(
          sealed.closes.map(({ samples, dropped }) => [samples, dropped]),
          [2, 12].map((seconds) => [seconds * rate, 0]),
        );
      }
    });
  }

  it("a strip at 512 Hz without any stock says exactly which samples it lost", () => {
    const { processor, handheld, frontEnd, sealed, idle } = handheldAt(512);
    handheld.act((monitor) => monitor.press());
    processor.pass(32_000);
    assert.ok(idle());
    assert.ok(frontEnd.overflowed.length > 20, `only ${frontEnd.overflowed.length} samples overflowed`);
    assert.deepEqual([...sealed.dropped.keys()], frontEnd.overflowed);
    for (const [i, value] of sealed.samples) {
      assert.equal(value, sampleAt(i), `sample ${i}`);
      assert.equal(sealed.dropped.has(i), false, `sample ${i} kept and dropped`);
    }
    assert.equal(sealed.samples.size + sealed.dropped.size, 30 * 512);
    const [close] = sealed.closes;
    assert.deepEqual([close!.samples, close!.dropped], [30 * 512, frontEnd.overflowed.length]);
  });
});
