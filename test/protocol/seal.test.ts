import { strict as assert } from "node:assert";
import fc from "fast-check";
import { nodeCrypto } from "../../gateway/crypto";
import {
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  MAX_NUMBER,
  TAG_BYTES,
} from "../../protocol/header";
import { MAX_BODY_BYTES, openFrame, sealFrame } from "../../protocol/seal";

const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
const number = fc.integer({ min: 1, max: MAX_NUMBER });
const epoch = fc.integer({ min: 0, max: 65535 });
const header = fc.oneof(
  fc.record({ type: fc.integer({ min: 1, max: 6 }), epoch, recording: number, sequence: number }),
  fc.record({ type: fc.integer({ min: 8, max: 11 }), epoch, recording: fc.constant(0), sequence: number }),
);
const body = fc.uint8Array({ maxLength: MAX_BODY_BYTES });

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return String((error as { code?: string }).code);
  }
  return "accepted";
}

describe("sealed frames", () => {
  it("open to what was sealed, padded to 32 bytes", () => {
    fc.assert(
      fc.property(key, header, body, (k, h, plain) => {
        const frame = sealFrame(nodeCrypto, k, h, plain);
        assert.deepEqual(decodeHeader(frame), { ...h });
        assert.deepEqual(openFrame(nodeCrypto, k, frame), plain);
        assert.equal((frame.length - HEADER_BYTES - TAG_BYTES) % 32, 0);
        assert.ok(
          frame.length - HEADER_BYTES - TAG_BYTES - plain.length < 34 && frame.length <= MAX_FRAME_BYTES,
        );
      }),
    );
  });

  it("are refused with any one bit of header, ciphertext or tag flipped", () => {
    fc.assert(
      fc.property(key, header, fc.uint8Array({ maxLength: 60 }), (k, h, plain) => {
        const frame = sealFrame(nodeCrypto, k, h, plain);
        for (let bit = 0; bit < 8 * frame.length; bit++) {
          const altered = Uint8Array.from(frame);
          altered[bit >> 3]! ^= 1 << (bit & 7);
          assert.match(
            codeOf(() => openFrame(nodeCrypto, k, altered)),
            /^FRAME_(TAG|VERSION|TYPE|NUMBER)$/,
          );
        }
      }),
      { numRuns: 20 },
    );
  });

  it("are refused with any byte changed to any other", () => {
    const frame = sealFrame(
      nodeCrypto,
      new Uint8Array(16),
      { type: 2, epoch: 1, recording: 1, sequence: 0 },
      new Uint8Array(9),
    );
    for (let at = 0; at < frame.length; at++) {
      for (let change = 1; change < 256; change++) {
        const altered = Uint8Array.from(frame);
        altered[at]! ^= change;
        assert.notEqual(
          codeOf(() => openFrame(nodeCrypto, new Uint8Array(16), altered)),
          "accepted",
        );
      }
    }
  });

  it("are refused at every other length", () => {
    const frame = sealFrame(
      nodeCrypto,
      new Uint8Array(16),
      { type: 2, epoch: 1, recording: 1, sequence: 0 },
      new Uint8Array(90),
    );
    for (let length = 0; length < frame.length; length++) {
      const code = codeOf(() => openFrame(nodeCrypto, new Uint8Array(16), frame.subarray(0, length)));
      assert.match(code, /^FRAME_(TRUNCATED|LENGTH|TAG)$/);
    }
  });

  it("do not hold more than 2046 bytes", () => {
    const place = { type: 2, epoch: 1, recording: 1, sequence: 0 };
    assert.equal(
      sealFrame(nodeCrypto, new Uint8Array(16), place, new Uint8Array(2046)).length,
      MAX_FRAME_BYTES,
    );
    assert.equal(
      codeOf(() => sealFrame(nodeCrypto, new Uint8Array(16), place, new Uint8Array(2047))),
      "BODY_TOO_LONG",
    );
  });

  it("are never written with a header that no reader accepts", () => {
    const place = { type: 2, epoch: 1, recording: 1, sequence: 0 };
    for (const type of [0, 7, 13, 16, 18])
      assert.equal(
        codeOf(() => encodeHeader({ ...place, type })),
        "FRAME_TYPE",
      );
    assert.equal(
      codeOf(() => encodeHeader({ ...place, recording: 0 })),
      "FRAME_NUMBER",
    );
    assert.equal(
      codeOf(() => encodeHeader({ ...place, type: 8 })),
      "FRAME_NUMBER",
    );
    assert.equal(
      codeOf(() => encodeHeader({ ...place, recording: 2 ** 32 - 1 })),
      "FRAME_NUMBER",
    );
    assert.equal(
      codeOf(() => encodeHeader({ ...place, epoch: 65536 })),
      "FIELD_RANGE",
    );
  });
});
