import assert from "node:assert/strict";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "../../../gateway/mqtt/envelope";
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPE_MESSAGES } from "../../../protocol/names";

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
const codeOf = (bytes: Uint8Array): string => {
  try {
    decodeEnvelope(bytes);
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
  return "accepted";
};
const frames = (...messages: Uint8Array[]): Envelope => ({
  v: 1,
  type: "avnode/frames",
  at: 1_700_000_000_000,
  messages,
});

/** Written by hand after RFC 8949: {"v": 1, "type": "avnode/frames", "at": 1700000000000, "messages": [h'010203', h'ff']} */
const WRITTEN = `a4 61 76 01 64 74797065 6d 61766e6f64652f6672616d6573
  62 6174 1b 0000018bcfe56800 68 6d65737361676573 82 43 010203 41 ff`;

describe("an envelope", () => {
  it("is the CBOR that RFC 8949 says", () => {
    const envelope = frames(Uint8Array.of(1, 2, 3), Uint8Array.of(255));
    assert.equal(encodeEnvelope(envelope).toString("hex"), hex(WRITTEN).toString("hex"));
    const read = decodeEnvelope(hex(WRITTEN));
    assert.ok(read.type === "avnode/frames");
    assert.deepEqual(
      read.messages.map((message) => [...message]),
      [[1, 2, 3], [255]],
    );
    assert.equal(read.at, 1_700_000_000_000);
  });

  it("carries presence", () => {
    const presence: Envelope = { v: 1, type: "avnode/status", at: 5, online: true, since: 4_294_967_296 };
    assert.deepEqual(decodeEnvelope(encodeEnvelope(presence)), presence);
  });

  it("holds 64 messages of the greatest length and not one byte more than its limit", () => {
    const full = encodeEnvelope(frames(...new Array(60).fill(new Uint8Array(2067))));
    assert.equal(codeOf(full), "accepted");
    assert.equal(
      codeOf(encodeEnvelope(frames(...new Array(MAX_ENVELOPE_MESSAGES).fill(new Uint8Array(2000))))),
      "accepted",
    );
    assert.throws(() => encodeEnvelope(frames(...new Array(64).fill(new Uint8Array(2067)))), {
      code: "ENVELOPE_SIZE",
    });
    assert.equal(codeOf(new Uint8Array(MAX_ENVELOPE_BYTES + 1)), "ENVELOPE_SIZE");
  });

  const bombs: [string, Buffer][] = [
    ["arrays nested 100,000 deep", Buffer.alloc(100_000, 0x81)],
    ["maps nested 100,000 deep", Buffer.alloc(100_000, 0xa1)],
    ["tags nested 100,000 deep", Buffer.alloc(100_000, 0xc1)],
    ["an array said to have 2^32-1 items", hex("9affffffff")],
    ["an array said to have 2^64-1 items", hex("9bffffffffffffffff")],
    ["a map said to have 2^53 pairs", hex("bb0020000000000000")],
    ["a byte string said to have 2^63 bytes", hex("5b8000000000000000")],
    ["an array of indefinite length", hex("9fff")],
    ["a byte string of indefinite length", hex("5f4100ff")],
    ["a map of indefinite length", hex("bfff")],
    ["a date tag", hex("c11a514b67b0")],
    ["a bignum", hex("c249010000000000000000")],
    ["cbor-x's record tag", hex("d9dff8 83 9fff 00 00")],
    ["cbor-x's packed table", hex("d833 82 80 00")],
    ["a typed array tag", hex("d840 43 010203")],
    ["a regular expression tag", hex("d81b 82 6852656745787000 6128")],
    ["a key twice", hex("a2 6176 01 6176 01")],
    ["a key that is a number", hex("a1 01 01")],
    ["a key that is an array", hex("a1 80 01")],
    ["a text that is not ASCII", hex("a1 62c3a9 01")],
    ["a negative number", hex("a1 6176 20")],
    ["a float", hex("a1 6176 fb3ff0000000000000")],
    ["null", hex("a1 6176 f6")],
    ["a number in a longer form than needed", hex("a1 6176 1801")],
    ["a length in a longer form than needed", hex("a1 7801 76 01")],
    ["bytes behind its end", Buffer.concat([hex(WRITTEN), hex("00")])],
    ["nothing", Buffer.alloc(0)],
  ];
  for (const [name, bytes] of bombs) {
    it(`refuses ${name} before any decoder sees it`, () => assert.equal(codeOf(bytes), "ENVELOPE_CBOR"));
  }

  it("refuses every cut of a good one", () => {
    const whole = hex(WRITTEN);
    for (let length = 0; length < whole.length; length++)
      assert.equal(codeOf(whole.subarray(0, length)), "ENVELOPE_CBOR", `after ${length} bytes`);
  });

  const type = "64 74797065 6d 61766e6f64652f6672616d6573";
  const forms: [string, string][] = [
    ["another version", `a4 6176 02 ${type} 626174 00 686d65737361676573 81 41ff`],
    ["an unknown type", "a4 6176 01 64 74797065 62 6869 626174 00 686d65737361676573 81 41ff"],
    ["no message", `a4 6176 01 ${type} 626174 00 686d65737361676573 80`],
    ["an empty message", `a4 6176 01 ${type} 626174 00 686d65737361676573 81 40`],
    ["a message that is a text", `a4 6176 01 ${type} 626174 00 686d65737361676573 81 6161`],
    [
      "a message longer than any frame",
      `a4 6176 01 ${type} 626174 00 686d65737361676573 81 590814 ${"00".repeat(2068)}`,
    ],
    ["a key too many", `a5 6178 00 6176 01 ${type} 626174 00 686d65737361676573 81 41ff`],
    ["a key too few", `a3 6176 01 ${type} 686d65737361676573 81 41ff`],
    [
      "a key called __proto__",
      `a5 69 5f5f70726f746f5f5f a0 6176 01 ${type} 626174 00 686d65737361676573 81 41ff`,
    ],
    ["an array instead of a map", "81 01"],
  ];
  for (const [name, text] of forms) {
    it(`refuses ${name}`, () => assert.equal(codeOf(hex(text)), "ENVELOPE_FORM"));
  }
});
