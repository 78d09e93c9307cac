import assert from "node:assert/strict";
import { checkLengths } from "../../../gateway/adopt/dicomlengths";

/** Explicit VR little endian (PS3.5 7.1.2): a sequence of undefined length with one item, around what it holds. */
const sequence = (held: Buffer) =>
  Buffer.concat([
    Buffer.from("005400015351" + "0000ffffffff" + "feff00e0ffffffff", "hex"),
    held,
    Buffer.from("feff0de000000000" + "feffdde000000000", "hex"),
  ]);
/** Waveform data, OW. */
function signal(bytes: number): Buffer {
  const head = Buffer.from("005410104f570000" + "00000000", "hex");
  head.writeUInt32LE(bytes, 8);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}
const nested = (depth: number, held: Buffer): Buffer =>
  depth === 0 ? held : nested(depth - 1, sequence(held));
const check = (bytes: Buffer) => checkLengths(bytes, 0, false);

describe("The lengths in a DICOM object", () => {
  it("nest eight deep and no deeper", () => {
    check(nested(8, signal(2)));
    assert.throws(() => check(nested(9, signal(2))), { code: "DICOM_LENGTH", message: /nests/ });
  });

  it("are a signal's in its own group, and not in a sequence within it", () => {
    check(nested(1, signal(2 ** 21)));
    assert.throws(() => check(nested(2, signal(2 ** 21))), {
      code: "DICOM_LENGTH",
      message: /within another/,
    });
  });
});
