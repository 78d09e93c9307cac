/** A line of anybody's text as runs to be drawn from left to right, each in a font that has all of it. */
import type { Bidi } from "./bidi";
import type { FontFile, Fonts } from "./fonts";

export interface Run {
  text: string;
  font: FontFile;
}

let loaded: Bidi | undefined;
/** Loaded late: most reports need none of its tables. */
function loadBidi(): Bidi {
  loaded ??= (require("bidi-js") as () => Bidi)();
  return loaded;
}

const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const JOINS = /[\p{M}\u200c\u200d]/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{M}\u200c\u200d]/u;

/** Without what shows nothing and could only reorder the rest. */
export function legible(text: string): string {
  return text.replace(/\s+/gu, " ").replace(UNSEEN, "").normalize("NFC").trim();
}

/** Characters that no font has stand as their numbers: never an empty box. */
function drawable(text: string, fonts: Fonts, bold: boolean): string {
  let drawn = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const joins = code === 0x200c || code === 0x200d;
    drawn +=
      joins || fonts.of(code, bold)
        ? character
        : `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }
  return drawn;
}

export function runsOf(line: string, fonts: Fonts, bold = false): Run[] {
  const text = drawable(line, fonts, bold);
  // Most of what a report says.
  if (!/[^\u0020-\u02ff\u2010-\u2026\u2212]/u.test(text)) return split(text, fonts, bold);
  const bidi = loadBidi();
  const embedding = bidi.getEmbeddingLevels(text);
  const order = Array.from({ length: text.length }, (_, index) => index);
  for (const [from, to] of bidi.getReorderSegments(text, embedding))
    order.splice(from, to - from + 1, ...order.slice(from, to + 1).reverse());
  const pieces: string[] = [];
  for (let at = 0; at < order.length; ) {
    const level = embedding.levels[order[at]!]!;
    let end = at + 1;
    while (end < order.length && embedding.levels[order[end]!] === level) end++;
    const places = order.slice(at, end).sort((a, b) => a - b);
    const piece = text.slice(places[0]!, places.at(-1)! + 1);
    pieces.push(...(level % 2 === 0 ? [piece] : backwards(piece, bidi)));
    at = end;
  }
  return pieces.flatMap((piece) => split(piece, fonts, bold));
}

/** Words keep their order within, for the shaper turns those itself; spaces and signs between them change sides. */
function backwards(piece: string, bidi: Bidi): string[] {
  const parts: string[] = [];
  let inWord = false;
  for (const character of piece) {
    const isWord = RIGHT_TO_LEFT.test(character);
    if (isWord && inWord) parts[parts.length - 1] += character;
    else parts.push(isWord ? character : (bidi.getMirroredCharacter(character) ?? character));
    inWord = isWord;
  }
  return parts.reverse();
}

/** Where the font changes; marks stay with the letter that they are on where its font has them. */
function split(text: string, fonts: Fonts, bold: boolean): Run[] {
  const runs: Run[] = [];
  for (const character of text) {
    const last = runs.at(-1);
    const code = character.codePointAt(0)!;
    const stays = last && JOINS.test(character) && (fonts.has(last.font, code) || !fonts.of(code, bold));
    const font = stays ? last.font : fonts.of(code, bold);
    if (!font) continue;
    if (last?.font === font) last.text += character;
    else runs.push({ text: character, font });
  }
  return runs;
}
