import assert from "node:assert/strict";
import fc from "fast-check";
import { Advertisers, readAdvertising } from "../../../gateway/radio/advert";
import { Gatt } from "../../../protocol/names";

/** Flags, then our service (the UUID of protocol/names.ts, little-endian). */
const OURS = Buffer.from("020106" + "1107" + "c8943d6a0e1f579b6b4c2e5d01001c7a", "hex");
const NAME = Buffer.from("0509" + Buffer.from("unit").toString("hex"), "hex");

describe("advertisements", () => {
  it("find the service and the name", () => {
    assert.deepEqual(readAdvertising(Buffer.concat([OURS, NAME])), {
      services: [Gatt.service],
      name: "unit",
    });
    assert.deepEqual(readAdvertising(NAME), { services: [], name: "unit" });
  });

  it("are read as far as their lengths hold", () => {
    for (let length = 0; length < OURS.length; length++) {
      assert.deepEqual(readAdvertising(OURS.subarray(0, length)).services, []);
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
      service: Gatt.service,
      connectable: true,
      name: "unit",
    });
    assert.equal(advertisers.heard("b", "random", undefined, NAME), undefined);
    assert.deepEqual([advertisers.addressType("a"), advertisers.addressType("b")], ["public", "random"]);
  });

  it("of other services are kept where those are listened for, by a scan response alone, too", () => {
    // Nordic UART, as a blank Espruino says it: its name stands in the advertisement, the service in the response.
    const uart = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
    const response = Buffer.from("11079ecadc240ee5a9e093f3a3b50100406e", "hex");
    const advertisers = new Advertisers([uart, Gatt.service]);
    assert.equal(advertisers.heard("a", "random", true, NAME), undefined);
    assert.equal(advertisers.heard("a", "random", undefined, response)?.service, uart);
    assert.equal(advertisers.heard("b", "random", true, OURS)?.service, Gatt.service);
    assert.equal(new Advertisers().heard("a", "random", undefined, response), undefined);
  });

  it("of thousands of addresses are forgotten, the oldest first; strangers' are not kept", () => {
    const advertisers = new Advertisers(undefined, 8);
    for (let i = 0; i < 10_000; i++) {
      advertisers.heard(`ours ${i}`, "random", true, OURS);
      advertisers.heard(`other ${i}`, "random", true, NAME);
    }
    assert.equal(advertisers.size, 8);
    assert.ok(advertisers.heard("ours 9999", "random", undefined, NAME));
    assert.equal(advertisers.heard("ours 0", "random", undefined, NAME), undefined);
  });
});
