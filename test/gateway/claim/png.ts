/** Grey pictures as PNG files: the least that the tests need to make photos of a QR. */
import { readFileSync } from "node:fs";
import { crc32, deflateSync, inflateSync } from "node:zlib";

export interface Grey {
  width: number;
  height: number;
  pixels: Uint8Array;
}

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export function encodePng({ width, height, pixels }: Grey): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Black and white, one bit a pixel, rows not filtered: as the committed codes are. */
export function readModules(path: string): Grey {
  const bytes = readFileSync(path);
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const rows = inflateSync(Buffer.concat(data));
  const stride = 1 + Math.ceil(width / 8);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    if (rows[y * stride] !== 0) throw new Error(`row ${y} of ${path} is filtered`);
    for (let x = 0; x < width; x++) {
      const bit = (rows[y * stride + 1 + (x >> 3)]! >> (7 - (x & 7))) & 1;
      pixels[y * width + x] = bit * 255;
    }
  }
  return { width, height, pixels };
}
