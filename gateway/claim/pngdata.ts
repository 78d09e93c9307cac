/** What the data of a PNG unpack to: its header says a size, and its data may be a thousand times more of it. */
import { createInflate } from "node:zlib";
import type { PictureSize } from "./picture";

const SIGNATURE_BYTES = 8;
/** Of a chunk: length and type before its data, a CRC behind. */
const CHUNK_HEAD = 8;
const CHUNK_TAIL = 4;
/** The most that a pixel takes: four channels of two bytes. */
const MAX_PIXEL_BYTES = 8;
/** A filter's byte before every row, in each of seven passes of an interlaced one. */
const MAX_PASSES = 7;

/** PNG (ISO/IEC 15948), 10.1: the data of all IDAT chunks are one stream. @returns false for more than its size
 * takes, and for what is no whole stream: decoders differ in what they make of one */
export async function fitsItsSize(png: Uint8Array, { width, height }: PictureSize): Promise<boolean> {
  const most = width * height * MAX_PIXEL_BYTES + (height + 1) * MAX_PASSES;
  const inflate = createInflate();
  let unpacked = 0;
  const isWhole = new Promise<boolean>((resolve) => {
    inflate.on("data", (piece: Buffer) => {
      unpacked += piece.length;
      if (unpacked > most) inflate.destroy();
    });
    inflate.on("end", () => resolve(true));
    inflate.on("error", () => resolve(false));
    inflate.on("close", () => resolve(false));
  });
  for (const piece of dataOf(png)) inflate.write(piece);
  inflate.end();
  return (await isWhole) && unpacked <= most;
}

function* dataOf(png: Uint8Array): Generator<Uint8Array> {
  const view = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  for (let at = SIGNATURE_BYTES; at + CHUNK_HEAD <= view.length; ) {
    const length = view.readUInt32BE(at);
    const data = at + CHUNK_HEAD;
    if (view.toString("latin1", at + 4, data) === "IDAT") yield view.subarray(data, data + length);
    at = data + length + CHUNK_TAIL;
  }
}
