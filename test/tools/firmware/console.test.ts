import assert from "node:assert/strict";
import { chunkFor } from "../../../tools/firmware/console";

describe("the packets of an upload", () => {
  it("have no length with a byte in it that a console takes out", () => {
    for (let length = 300; length < 100_000; length++) {
      const chunk = chunkFor(length);
      for (let left = length; left > 0; left -= chunk) {
        const packet = Math.min(chunk, left);
        for (const byte of [packet >> 8, packet & 255])
          assert.ok(byte !== 3 && byte !== 4 && byte !== 255, `${length}: ${packet}`);
      }
    }
  });
});
