/** Pictures as a browser and a renderer of printed pages make them, read without either. */
import { inflateSync } from "node:zlib";

export interface Image {
  width: number;
  height: number;
  /** 0 to 255 */
  red(x: number, y: number): number;
  green(x: number, y: number): number;
}

/** 8-bit RGB or RGBA, not interlaced (PNG specification, third edition, 9.2: filter types). */
export function readPng(png: Buffer): Image {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const [width, height, colour] = [png.readUInt32BE(16), png.readUInt32BE(20), png[25]];
  if (png[24] !== 8 || (colour !== 2 && colour !== 6) || png[28] !== 0)
    throw new Error("unexpected kind of PNG");
  const size = colour === 2 ? 3 : 4;
  const line = width * size;
  const raw = inflateSync(Buffer.concat(data));
  const pixels = Buffer.alloc(line * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)]!;
    for (let i = 0; i < line; i++) {
      const left = i >= size ? pixels[y * line + i - size]! : 0;
      const up = y > 0 ? pixels[(y - 1) * line + i]! : 0;
      const corner = y > 0 && i >= size ? pixels[(y - 1) * line + i - size]! : 0;
      pixels[y * line + i] = raw[y * (line + 1) + 1 + i]! + predicted(filter, left, up, corner);
    }
  }
  return imageOf(pixels, width, height, size);
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** 8-bit PPM, as pdftoppm writes it. */
export function readPpm(ppm: Buffer): Image {
  const head = /^P6\s(\d+) (\d+)\s255\s/.exec(ppm.toString("latin1", 0, 64));
  if (!head) throw new Error("unexpected kind of PPM");
  return imageOf(ppm.subarray(head[0].length), Number(head[1]), Number(head[2]), 3);
}

function imageOf(pixels: Buffer, width: number, height: number, size: number): Image {
  const at = (x: number, y: number) => (y * width + x) * size;
  return { width, height, red: (x, y) => pixels[at(x, y)]!, green: (x, y) => pixels[at(x, y) + 1]! };
}

/** A part of a picture. */
export function cut(
  image: Image,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Image {
  return {
    width,
    height,
    red: (x, y) => image.red(x + left, y + top),
    green: (x, y) => image.green(x + left, y + top),
  };
}
