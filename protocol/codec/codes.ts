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
// Two passes over a context's symbols, not one for each length: a handheld's interpreter does this when it starts.
for (let c = 0; c < 16; c++) {
  const next = new Uint16Array(LONGEST + 2);
  for (let s = 0; s < SYMBOLS; s++) next[parseInt(LENGTHS[c].charAt(s), 16) + 1]++;
  let word = 0;
  for (let length = 1; length <= LONGEST; length++) {
    word = (word + next[length]) << 1;
    next[length] = word;
  }
  for (let s = 0; s < SYMBOLS; s++) {
    const length = parseInt(LENGTHS[c].charAt(s), 16);
    WORDS[c * SYMBOLS + s] = (next[length] << 4) | length;
    next[length]++;
  }
}
