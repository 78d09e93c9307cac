/** Font files, a few kilobytes for each piece of Unicode, and which of them have a character. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Font } from "fontkit";
import { unpacked } from "./woff";

/** In order: what has a character first draws it. */
export const FAMILIES = [
  "noto-sans",
  "noto-sans-hebrew",
  "noto-sans-arabic",
  "noto-sans-devanagari",
  "noto-sans-sc",
] as const;
/** Some repeat others' letters, and symbols that no name has. */
const LEFT_OUT = /(latin|cyrillic|greek|math|symbols)/;

/** One file, with the characters that it is for. */
export interface FontFile {
  family: string;
  name: string;
  path: string;
  /** Pairs of first and last code point. */
  ranges: [number, number][];
}

/** Most of all text: looked at first. */
const isLatin = ({ name }: FontFile) => /^noto-sans-latin-[47]/.test(name);

/** Beside the built program, or as the packages have them. */
function folderOf(family: string): string {
  const built = join(__dirname, "fonts", family);
  return existsSync(built) ? built : join(require.resolve(`@fontsource/${family}/package.json`), "..");
}

/** Of a family's `unicode.json`: "U+0460-052F,U+2116" */
function rangesIn(text: string): [number, number][] {
  return text.split(",").map((piece) => {
    const [first, last] = piece.replace("U+", "").split("-");
    return [Number.parseInt(first!, 16), Number.parseInt(last ?? first!, 16)];
  });
}

/** @param weight 700 is there only for letters that labels are made of */
export function fontFiles(weight: 400 | 700): FontFile[] {
  const families = weight === 400 ? FAMILIES : (["noto-sans"] as const);
  return families.flatMap((family) => {
    const folder = folderOf(family);
    const subsets = JSON.parse(readFileSync(join(folder, "unicode.json"), "utf8")) as Record<string, string>;
    return Object.entries(subsets)
      .map(([key, text]) => [key.replace(/[[\]]/g, ""), text] as const)
      .filter(([subset]) => subset !== "devanagari" || family === "noto-sans-devanagari")
      .filter(([subset]) => family === "noto-sans" || !LEFT_OUT.test(subset))
      .map(([subset, text]) => {
        const name = `${family}-${subset}-${weight}-normal`;
        return { family, name, path: join(folder, "files", `${name}.woff`), ranges: rangesIn(text) };
      })
      .sort((a, b) => Number(isLatin(b)) - Number(isLatin(a)));
  });
}

/** OpenType, as fontkit and pdfkit take it. */
export function fontIn({ path }: FontFile): Buffer {
  return unpacked(readFileSync(path));
}

/** Finds the font of each character; opens no file that nothing is written with. */
export class Fonts {
  private readonly files: Record<400 | 700, FontFile[]> = { 400: fontFiles(400), 700: fontFiles(700) };
  private readonly opened = new Map<string, Font>();
  private readonly known = new Map<number, FontFile | undefined>();

  /** Undefined where none has the character. */
  of(codePoint: number, bold: boolean): FontFile | undefined {
    const key = codePoint * 2 + Number(bold);
    if (!this.known.has(key)) {
      const found = this.find(codePoint, 700, bold) ?? this.find(codePoint, 400, true);
      this.known.set(key, found);
    }
    return this.known.get(key);
  }

  has(file: FontFile, codePoint: number): boolean {
    let font = this.opened.get(file.name);
    if (!font) {
      const { create } = require("fontkit") as typeof import("fontkit");
      font = create(fontIn(file)) as Font;
      this.opened.set(file.name, font);
    }
    return font.hasGlyphForCodePoint(codePoint);
  }

  private find(codePoint: number, weight: 400 | 700, wanted: boolean): FontFile | undefined {
    if (!wanted) return undefined;
    return this.files[weight].find(
      (file) =>
        file.ranges.some(([first, last]) => codePoint >= first && codePoint <= last) &&
        this.has(file, codePoint),
    );
  }
}
