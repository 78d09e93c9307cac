/** Words of block letters with a shape, to be read from across a room. */

export type Word = "WAIT" | "BUSY" | "PASS" | "FAIL";

const LETTERS = "ABEFILPSTUWY0123456789";
/** Five by seven each, one beside the other. */
const FORMS = `
 ###  ####  ##### #####  ###  #     ####   #### ##### #   # #   # #   #  ###    #    ###  ####  #   # #####  ###  #####  ###   ### 
#   # #   # #     #       #   #     #   # #       #   #   # #   # #   # #   #  ##   #   #     # #   # #     #         # #   # #   #
#   # #   # #     #       #   #     #   # #       #   #   # #   #  # #  #  ##   #       #     # #   # ####  #        #  #   # #   #
##### ####  ####  ####    #   #     ####   ###    #   #   # # # #   #   # # #   #      #   ###  #####     # ####    #    ###   ####
#   # #   # #     #       #   #     #         #   #   #   # # # #   #   ##  #   #     #       #     #     # #   #  #    #   #     #
#   # #   # #     #       #   #     #         #   #   #   # ## ##   #   #   #   #    #        #     # #   # #   #  #    #   #     #
#   # ####  ##### #      ###  ##### #     ####    #    ###  #   #   #    ###   ###  ##### ####      #  ###   ###   #     ###   ### `
  .split("\n")
  .slice(1);
const HIGH = FORMS.length;
const WIDE = 5;

/** No two of one outline: a word is known by it without its colour. */
const SHAPES: Record<Word, string[]> = {
  PASS: ["#########", "####### #", "###### ##", "# ### ###", "## # ####", "### #####", "#########"],
  FAIL: ["#     #", "##   ##", " ## ## ", "  ###  ", " ## ## ", "##   ##", "#     #"],
  BUSY: ["#      ", "###    ", "#####  ", "#######", "#####  ", "###    ", "#      "],
  WAIT: ["", "", "", "", "", "## ## ##", "## ## ##"],
};
/** By whether the upper and the lower half are set. */
const HALVES = [" ", "▄", "▀", "█"];

/** The same where letters are small. */
export const SIGNS: Record<Word, string> = { PASS: "✔", FAIL: "✖", BUSY: "▶", WAIT: "…" };

/** In columns of a terminal, of which two are about as wide as one is high. */
export function bigWidth(text: string, word: Word, scale: number): number {
  return scale * rowOf(text, word, HIGH - 1).length;
}

export function bigHeight(scale: number): number {
  return Math.ceil((HIGH * scale) / 2);
}

/** @param text of letters and digits that are here, and spaces; the shape of `word` stands behind it */
export function bigLines(text: string, word: Word, scale: number): string[] {
  const rows = SHAPES[word].map((_, row) => rowOf(text, word, row));
  const isSet = (row: number, column: number) =>
    rows[Math.floor(row / scale)]?.[Math.floor(column / scale)] === "#";
  return Array.from({ length: bigHeight(scale) }, (_, line) =>
    Array.from({ length: bigWidth(text, word, scale) }, (_, column) => {
      const [upper, lower] = [isSet(2 * line, column), isSet(2 * line + 1, column)];
      return HALVES[2 * Number(upper) + Number(lower)];
    }).join(""),
  );
}

/** Each letter with a gap behind it, and as wide a gap again before the shape. */
function rowOf(text: string, word: Word, row: number): string {
  const letters = [...text].map((letter) => {
    const at = LETTERS.indexOf(letter) * (WIDE + 1);
    const form = at < 0 ? "" : FORMS[row]!.slice(at, at + WIDE);
    return form.padEnd(WIDE + 1);
  });
  const wide = Math.max(...SHAPES[word].map((line) => line.length));
  return `${letters.join("")} ${SHAPES[word][row]!.padEnd(wide)}`;
}
