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
for (let c = 0; c < 16; c++) {
  let word = 0;
  for (let length = 1; length <= LONGEST; length++) {
    word <<= 1;
    for (let s = 0; s < SYMBOLS; s++) {
      if (parseInt(LENGTHS[c].charAt(s), 16) !== length) continue;
      WORDS[c * SYMBOLS + s] = (word << 4) | length;
      word++;
    }
  }
}
