/**
 * WOFF 1.0 (W3C Recommendation of 2012-12-13) unpacked to the OpenType font that was packed. fontkit reads it packed,
 * too, but unpacks the table of all outlines anew for each letter that it measures.
 */
import { inflateSync } from "node:zlib";

const WOFF = 0x774f4646;
const WOFF_HEADER_BYTES = 44;
const WOFF_ENTRY_BYTES = 20;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 16;

/** @throws Error for what is no WOFF: the fonts are the program's own */
export function unpacked(woff: Buffer): Buffer {
  if (woff.readUInt32BE(0) !== WOFF) throw new Error("this font is no WOFF: install the program anew");
  const count = woff.readUInt16BE(12);
  const directory = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES);
  woff.copy(directory, 0, 4, 8);
  const power = Math.floor(Math.log2(count));
  for (const [n, field] of [count, 16 << power, power, (count << 4) - (16 << power)].entries())
    directory.writeUInt16BE(field, 4 + 2 * n);
  const parts = [directory];
  let length = directory.length;
  for (let n = 0; n < count; n++) {
    const at = WOFF_HEADER_BYTES + n * WOFF_ENTRY_BYTES;
    const [from, packedBytes, bytes] = [4, 8, 12].map((field) => woff.readUInt32BE(at + field)) as [
      number,
      number,
      number,
    ];
    const packed = woff.subarray(from, from + packedBytes);
    const table = Buffer.alloc(4 * Math.ceil(bytes / 4));
    (packedBytes < bytes ? inflateSync(packed, { maxOutputLength: bytes }) : packed).copy(table);
    const entry = HEADER_BYTES + n * ENTRY_BYTES;
    // Name and checksum.
    woff.copy(directory, entry, at, at + 4);
    woff.copy(directory, entry + 4, at + 16, at + 20);
    directory.writeUInt32BE(length, entry + 8);
    directory.writeUInt32BE(bytes, entry + 12);
    parts.push(table);
    length += table.length;
  }
  return Buffer.concat(parts);
}
