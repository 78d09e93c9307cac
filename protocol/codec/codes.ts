import { CONTEXT_OF, LENGTHS } from "./tables";

/** Symbols of each prefix code: 0 to 23 are quotients, 24 to 30 ranges with extra bits, 31 a whole residual. */
export const SYMBOLS = 32;
/** Longest code word, bits. */
export const LONGEST = 12;

/** Context of each reduced magnitude 0..31, already multiplied by `SYMBOLS`. */
export const CONTEXT_ROW = new Uint16Array(32);
for (let t = 0; t < 32; t++) CONTEXT_ROW[t] = parseInt(CONTEXT_OF.charAt(t), 16) * SYMBOLS;

/**
 * `word << 4 | length` of symbol `s` in context `c`, at `c·32 + s`. Words are canonical: shorter first, then by
 * symbol, each the previous plus one, shifted left where the length grows (as in RFC 1951, section 3.2.2).
 */
export const WORDS = new Uint16Array(16 * SYMBOLS);

/** A context's words from the lengths of its symbols, in two passes over them: not one for each length. */
function assign(words: Uint16Array, lengths: Uint8Array, row: number): void {
  "jit";
  const next = new Uint16Array(14);
  let word = 0;
  let length = 0;
  let s = 0;
  while (s < 32) {
    length = lengths[row + s] + 1;
    next[length] = next[length] + 1;
    s++;
  }
  length = 1;
  while (length < 13) {
    word = (word + next[length]) << 1;
    next[length] = word;
    length++;
  }
  s = row;
  while (s < row + 32) {
    length = lengths[s];
    word = next[length];
    words[s] = (word << 4) | length;
    next[length] = word + 1;
    s++;
  }
}

/** Eight lengths from as many hexadecimal digits. */
function unpack(lengths: Uint8Array, at: number, digits: number): void {
  "jit";
  let rest = digits;
  let i = at + 8;
  while (i > at) {
    i -= 1;
    lengths[i] = rest & 15;
    rest >>= 4;
  }
}

// A handheld's interpreter does all this when it starts, so that what loops over 512 symbols is compiled.
const lengths = new Uint8Array(16 * SYMBOLS);
for (let c = 0; c < 16; c++) {
  const row = LENGTHS[c];
  for (let s = 0; s < SYMBOLS; s += 8) unpack(lengths, c * SYMBOLS + s, parseInt(row.substr(s, 8), 16) | 0);
}
for (let row = 0; row < 16 * SYMBOLS; row += SYMBOLS) assign(WORDS, lengths, row);
