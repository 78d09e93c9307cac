import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { Identity } from "../../firmware/board/board";
import { decodeIdentity, encodeIdentity } from "../../firmware/identity";

const whole: Identity = {
  device: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  claimCode: new Uint8Array(16).fill(0xc1),
  certificate: new Uint8Array(300).fill(0xce),
  signing: { seed: new Uint8Array(32).fill(0x5e), trees: 8, height: 10 },
};
const decode = (bytes: Uint8Array) => decodeIdentity(bytes, crc32);
/** Puts a true CRC-32 behind what was altered. */
const resum = (bytes: Uint8Array) => {
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
};
const altered = (at: number, value: number) => {
  const bytes = encodeIdentity(whole, crc32).slice();
  bytes[at] = value;
  return bytes;
};

describe("the identity file", () => {
  it("lies in flash as firmware/README.md has it", () => {
    const expected = Buffer.concat([
      Buffer.from("AVID"),
      Buffer.from([1]),
      whole.device,
      whole.claimCode,
      Buffer.from([8, 10]),
      whole.signing!.seed,
      Buffer.from([300 >> 8, 300 & 255]),
      whole.certificate,
    ]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(expected));
    assert.deepEqual(Buffer.from(encodeIdentity(whole, crc32)), Buffer.concat([expected, sum]));
  });

  it("comes back as it was written, with and without what a unit signs with", () => {
    assert.deepEqual(decode(encodeIdentity(whole, crc32)), whole);
    const { signing: _, ...plain } = whole;
    assert.deepEqual(decode(encodeIdentity(plain, crc32)), plain);
  });

  it("is refused at every length but its own", () => {
    const bytes = encodeIdentity(whole, crc32);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => decode(bytes.slice(0, length)), { code: /^IDENTITY_/ }, `${length} bytes`);
    assert.throws(() => decode(new Uint8Array(5000)), { code: "IDENTITY_LENGTH" });
  });

  it("is refused when any single bit of it is another", () => {
    const bytes = encodeIdentity(whole, crc32);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const bad = bytes.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => decode(bad), { code: /^IDENTITY_(CRC|MAGIC)$/ }, `bit ${bit}`);
    }
  });

  for (const [what, bytes, code] of [
    ["another magic", altered(0, 0x42), "IDENTITY_MAGIC"],
    ["another version", altered(4, 2), "IDENTITY_VERSION"],
    ["more trees than a certificate lists", altered(29, 9), "IDENTITY_SIGNING"],
    ["no trees and yet a seed", altered(29, 0), "IDENTITY_SIGNING"],
    ["a height that no LMS type has", altered(30, 11), "IDENTITY_SIGNING"],
    ["a certificate longer than the file", altered(63, 2), "IDENTITY_TRUNCATED"],
    ["bytes behind the certificate", altered(64, 43), "IDENTITY_TRAILING"],
  ] as const)
    it(`is refused with ${what}`, () => {
      assert.throws(() => decode(resum(bytes)), { code });
    });
});
