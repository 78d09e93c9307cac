import assert from "node:assert/strict";
import fc from "fast-check";
import { Advertisers, readAdvertising } from "../../../gateway/radio/advert";

/** Flags, then our service (the UUID of protocol/names.ts, little-endian). */
const OURS = Buffer.from("020106" + "1107" + "c8943d6a0e1f579b6b4c2e5d01001c7a", "hex");
const NAME = Buffer.from("0509" + Buffer.from("unit").toString("hex"), "hex");

describe("advertisements", () => {
  it("find the service and the name", () => {
    assert.deepEqual(readAdvertising(Buffer.concat([OURS, NAME])), { ours: true, name: "unit" });
    assert.deepEqual(readAdvertising(NAME), { ours: false, name: "unit" });
  });

  it("are read as far as their lengths hold", () => {
    for (let length = 0; length < OURS.length; length++) {
      assert.equal(readAdvertising(OURS.subarray(0, length)).ours, false);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (noise) => void readAdvertising(Buffer.from(noise))),
    );
  });

  it("are completed by a scan response of the same address, not of another", () => {
    const advertisers = new Advertisers();
    assert.equal(advertisers.heard("a", "public", true, OURS)?.name, undefined);
    assert.deepEqual(advertisers.heard("a", "public", undefined, NAME), {
      addressType: "public",
      connectable: true,
      name: "unit",
    });
    assert.equal(advertisers.heard("b", "random", undefined, NAME), undefined);
    assert.deepEqual([advertisers.addressType("a"), advertisers.addressType("b")], ["public", "random"]);
  });

  it("of thousands of addresses are forgotten, the oldest first; strangers' are not kept", () => {
    const advertisers = new Advertisers(8);
    for (let i = 0; i < 10_000; i++) {
      advertisers.heard(`ours ${i}`, "random", true, OURS);
      advertisers.heard(`other ${i}`, "random", true, NAME);
    }
    assert.equal(advertisers.size, 8);
    assert.ok(advertisers.heard("ours 9999", "random", undefined, NAME));
    assert.equal(advertisers.heard("ours 0", "random", undefined, NAME), undefined);
  });
});
