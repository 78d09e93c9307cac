import assert from "node:assert/strict";
import fc from "fast-check";
import { H4Error, H4Splitter } from "../../../gateway/radio/h4";

function split(...chunks: Buffer[]): string[] {
  const packets: string[] = [];
  const splitter = new H4Splitter((packet) => packets.push(packet.toString("hex")));
  for (const chunk of chunks) splitter.push(chunk);
  return packets;
}

/** Core 5.4 Vol 4: Reset, its Command Complete, an ACL packet of five bytes, a SCO packet of two. */
const STREAM = ["01030c00", "040e0401030c00", "0240200500" + "0102030405", "03400002aabb"];

describe("H4", () => {
  it("finds the packets however the stream is cut", () => {
    const bytes = Buffer.from(STREAM.join(""), "hex");
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        assert.deepEqual(split(...chunks), STREAM);
      }
    }
  });

  it("keeps an incomplete packet back", () => {
    assert.deepEqual(split(Buffer.from("040e0401030c", "hex")), []);
    assert.deepEqual(split(Buffer.from("02402000", "hex")), []);
  });

  it("refuses a type that is none, behind a good packet too", () => {
    assert.throws(() => split(Buffer.from("05", "hex")), H4Error);
    assert.throws(() => split(Buffer.from("01030c00ff", "hex")), H4Error);
  });

  it("refuses an ACL packet that no controller has room for, before it is there", () => {
    assert.throws(() => split(Buffer.from("0240200110", "hex")), /4097 bytes/);
    assert.deepEqual(split(Buffer.from("0240200010", "hex")), []);
  });

  it("gives noise out as whole packets or refuses it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        const packets: Buffer[] = [];
        try {
          new H4Splitter((packet) => packets.push(packet)).push(Buffer.from(noise));
        } catch (error) {
          assert.ok(error instanceof H4Error);
        }
        assert.deepEqual(
          Buffer.concat(packets),
          Buffer.from(noise).subarray(0, Buffer.concat(packets).length),
        );
      }),
    );
  });
});
