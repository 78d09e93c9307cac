import assert from "node:assert/strict";
import fc from "fast-check";
import { H4 } from "../../../gateway/radio/h4";
import { Inbound } from "../../../gateway/radio/inbound";

const HANDLE = 0x40;

function piece(first: boolean, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = H4.acl;
  header.writeUInt16LE(HANDLE | ((first ? 2 : 1) << 12), 1);
  header.writeUInt16LE(body.length, 3);
  return Buffer.concat([header, body]);
}

function l2cap(cid: number, hex: string): Buffer {
  const data = Buffer.from(hex, "hex");
  const header = Buffer.alloc(4);
  header.writeUInt16LE(data.length, 0);
  header.writeUInt16LE(cid, 2);
  return Buffer.concat([header, data]);
}

const att = (hex: string) => piece(true, l2cap(4, hex));

describe("what a controller delivers", () => {
  let seen: string[];
  let inbound: Inbound;

  beforeEach(() => {
    seen = [];
    inbound = new Inbound((handle, data) => seen.push(`${handle} ${data.toString("hex")}`));
  });

  it("passes what a client of ours can use", () => {
    for (const hex of [
      "0110010000", // error
      "03f700", // MTU
      "1106" + "010005000018", // a service with a short UUID
      "0907" + "02000203002a00", // a characteristic
      "0904" + "04000000", // a CCCD
      "13", // written
      "1b0300aabb", // notification
    ]) {
      const packet = att(hex);
      assert.deepEqual(inbound.admit(packet), packet, hex);
    }
    assert.equal(seen.length, 7);
    assert.equal(seen[6], `${HANDLE} 1b0300aabb`);
  });

  it("puts fragments together, however they are cut", () => {
    const whole = l2cap(4, "1b0300" + "ab".repeat(100));
    for (let cut = 4; cut < whole.length; cut++) {
      assert.equal(inbound.admit(piece(true, whole.subarray(0, cut))), undefined);
      assert.deepEqual(inbound.admit(piece(false, whole.subarray(cut))), piece(true, whole));
    }
  });

  it("lets go of a link whose fragments outgrow what was announced, or announce too much", () => {
    const whole = l2cap(4, "1b0300aabbcc");
    assert.equal(inbound.admit(piece(true, whole.subarray(0, 6))), undefined);
    assert.equal(inbound.admit(piece(false, Buffer.alloc(10))), HANDLE);
    assert.equal(inbound.admit(piece(true, Buffer.from("ffff0400", "hex"))), HANDLE);
    assert.equal(inbound.admit(piece(true, Buffer.alloc(3))), HANDLE);
  });

  it("lets go of a link whose answer would loop or be read past its end", () => {
    for (const hex of [
      "1100010005000018",
      "1101010005000018",
      "1106010005",
      "0900010002000300",
      "03f7",
      "1b03",
    ]) {
      assert.equal(inbound.admit(att(hex)), HANDLE, hex);
    }
    assert.deepEqual(seen, []);
  });

  it("lets go of a link whose services never end", () => {
    const verdicts = Array.from({ length: 65 }, () => inbound.admit(att("1106010005000018")));
    assert.equal(verdicts.indexOf(HANDLE), 64);
  });

  it("leaves out pairing, indications, requests, and a link's later MTU requests", () => {
    for (const hex of ["1d0300aa", "0a0300", "52030001", "", "0c03000000"]) {
      assert.equal(inbound.admit(att(hex)), undefined, hex);
    }
    assert.equal(inbound.admit(piece(true, l2cap(6, "0b09"))), undefined);
    assert.equal(inbound.admit(piece(true, l2cap(0x40, "00"))), undefined);
    const answered = Array.from({ length: 20 }, () => inbound.admit(att("02f700"))).filter(Boolean);
    assert.equal(answered.length, 16);
  });

  it("passes an interval that a handheld may ask for, no other", () => {
    const ask = (least: number, most: number, latency: number, timeout: number) => {
      const data = Buffer.from("120108000000000000000000", "hex");
      [least, most, latency, timeout].forEach((value, i) => void data.writeUInt16LE(value, 4 + 2 * i));
      return inbound.admit(piece(true, l2cap(5, data.toString("hex")))) !== undefined;
    };
    assert.deepEqual(
      [ask(16, 16, 0, 400), ask(3200, 3200, 499, 3200), ask(24, 12, 0, 400), ask(16, 16, 0, 10)],
      [true, false, false, false],
    );
    assert.equal(inbound.admit(piece(true, l2cap(5, "1201"))), undefined);
  });

  it("passes whole events that noble reads, no other", () => {
    const event = (hex: string) => inbound.admit(Buffer.from(hex, "hex")) !== undefined;
    assert.deepEqual(
      ["04050400400013", "040e0401030c00", "040e03010000", "0413050140000100", "0413050240000100"].map(event),
      [true, true, false, true, false],
    );
  });

  it("passes nothing but complete, announced packets, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 40 })), { maxLength: 30 }),
        (pieces) => {
          for (const [first, body] of pieces) {
            const verdict = inbound.admit(piece(first, Buffer.from(body)));
            if (!Buffer.isBuffer(verdict)) continue;
            assert.equal(verdict.readUInt16LE(3), verdict.length - 5);
            assert.equal(verdict.readUInt16LE(5), verdict.length - 9);
          }
          inbound.clear();
        },
      ),
      { numRuns: 500 },
    );
  });
});
