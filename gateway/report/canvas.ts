/** A picture in grey and red, drawn without any library: lines, letters, and its PNG. */
import { crc32, deflateSync } from "node:zlib";
import type { Font } from "fontkit";
import { fontFiles, fontIn } from "./fonts";

type Colour = readonly [number, number, number];
/** Scan lines in one of pixels, for edges of letters that are not jagged. */
const FINE = 4;

export class Canvas {
  private readonly pixels: Uint8Array;
  private opened?: Font;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(width * height * 3).fill(255);
  }

  rectangle(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      for (let column = Math.max(0, x); column < Math.min(this.width, x + width); column++)
        this.cover(column, row, 1, colour);
  }

  /** Of round ends. Several lines that touch do not darken each other: the caller draws in black. */
  line(x1: number, y1: number, x2: number, y2: number, thick: number, colour: Colour): void {
    const reach = thick / 2 + 1;
    const [dx, dy] = [x2 - x1, y2 - y1];
    const length = dx * dx + dy * dy;
    for (let y = Math.floor(Math.min(y1, y2) - reach); y <= Math.max(y1, y2) + reach; y++)
      for (let x = Math.floor(Math.min(x1, x2) - reach); x <= Math.max(x1, x2) + reach; x++) {
        const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
        const distance = Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
        this.cover(x, y, Math.min(1, Math.max(0, thick / 2 + 0.5 - distance)), colour);
      }
  }

  /** Latin letters. @param y of the base line */
  text(text: string, x: number, y: number, size: number, colour: Colour): void {
    const scale = size / this.font().unitsPerEm;
    let at = x;
    for (const { path, advanceWidth } of this.font().layout(text).glyphs) {
      this.fill(outlines(path.commands, at, y, scale), colour);
      at += advanceWidth * scale;
    }
  }

  widthOf(text: string, size: number): number {
    const font = this.font();
    return (font.layout(text).advanceWidth * size) / font.unitsPerEm;
  }

  /** RGB, 8 bits (PNG specification, third edition). @param perMetre pixels, for whoever prints it */
  png(perMetre?: number): Buffer {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(this.width, 0);
    head.writeUInt32BE(this.height, 4);
    head.set([8, 2, 0, 0, 0], 8);
    const line = this.width * 3;
    const raw = Buffer.alloc((line + 1) * this.height);
    for (let y = 0; y < this.height; y++)
      raw.set(this.pixels.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([
      signature,
      chunk("IHDR", head),
      ...(perMetre === undefined ? [] : [chunk("pHYs", density(perMetre))]),
      chunk("IDAT", deflateSync(raw)),
      chunk("IEND", Buffer.alloc(0)),
    ]);
  }

  private font(): Font {
    if (!this.opened) {
      const { create } = require("fontkit") as typeof import("fontkit");
      this.opened = create(fontIn(fontFiles(700)[0]!)) as Font;
    }
    return this.opened;
  }

  /** Inside is where the outlines turn round it (non-zero), as fonts mean it. */
  private fill(edges: Edge[], colour: Colour): void {
    const top = Math.floor(Math.min(...edges.map(([, y1, , y2]) => Math.min(y1, y2))));
    const bottom = Math.ceil(Math.max(...edges.map(([, y1, , y2]) => Math.max(y1, y2))));
    for (let y = top; y < bottom; y++) {
      const covered = new Map<number, number>();
      for (let fine = 0; fine < FINE; fine++) {
        const height = y + (fine + 0.5) / FINE;
        const crossings = edges
          .filter(([, y1, , y2]) => (y1 <= height && height < y2) || (y2 <= height && height < y1))
          .map(([x1, y1, x2, y2]) => ({
            x: x1 + ((height - y1) / (y2 - y1)) * (x2 - x1),
            turn: y2 > y1 ? 1 : -1,
          }))
          .sort((a, b) => a.x - b.x);
        let turns = 0;
        crossings.forEach(({ x, turn }, index) => {
          turns += turn;
          const end = crossings[index + 1]?.x;
          if (turns === 0 || end === undefined) return;
          for (let column = Math.floor(x); column < end; column++) {
            const part = Math.min(end, column + 1) - Math.max(x, column);
            covered.set(column, (covered.get(column) ?? 0) + part / FINE);
          }
        });
      }
      for (const [column, part] of covered) this.cover(column, y, Math.min(1, part), colour);
    }
  }

  private cover(x: number, y: number, part: number, colour: Colour): void {
    if (part <= 0 || x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    for (let i = 0; i < 3; i++)
      this.pixels[at + i] = Math.round(this.pixels[at + i]! * (1 - part) + colour[i]! * part);
  }
}

type Edge = [number, number, number, number];

/** Curves as a few straight pieces: letters are small. */
function outlines(
  commands: { command: string; args: number[] }[],
  x: number,
  y: number,
  scale: number,
): Edge[] {
  const edges: Edge[] = [];
  const PIECES = 6;
  let [at, start] = [
    [0, 0],
    [0, 0],
  ] as [number, number][] as [[number, number], [number, number]];
  const to = (px: number, py: number) => {
    edges.push([x + at[0] * scale, y - at[1] * scale, x + px * scale, y - py * scale]);
    at = [px, py];
  };
  for (const { command, args } of commands) {
    if (command === "moveTo") at = start = [args[0]!, args[1]!];
    else if (command === "lineTo") to(args[0]!, args[1]!);
    else if (command === "closePath") to(...start);
    else {
      const from = at;
      for (let i = 1; i <= PIECES; i++) to(...curve([...from, ...args], i / PIECES));
    }
  }
  return edges;
}

/** Bézier's of any degree, by de Casteljau. @param points x and y in turn */
function curve(points: number[], part: number): [number, number] {
  if (points.length === 2) return [points[0]!, points[1]!];
  const next: number[] = [];
  for (let i = 0; i + 3 < points.length; i += 2)
    next.push(
      points[i]! + part * (points[i + 2]! - points[i]!),
      points[i + 1]! + part * (points[i + 3]! - points[i + 1]!),
    );
  return curve(next, part);
}

function density(perMetre: number): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(perMetre, 0);
  data.writeUInt32BE(perMetre, 4);
  // The metre.
  data[8] = 1;
  return data;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
