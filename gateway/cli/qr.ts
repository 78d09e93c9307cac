/** A QR code on the terminal, for a camera that looks at it. */
import { qrCode } from "../document/qr";

/** Dark on light, whatever the terminal's own colours are: some readers take no other. */
const ON_PAPER = "\x1b[30;107m";
const PLAIN = "\x1b[0m";
/** By whether the upper and the lower module are dark. */
const HALVES = [" ", "▄", "▀", "█"];

/** @returns its lines; two rows of modules to a line */
export async function qrLines(text: string): Promise<string[]> {
  const { size, isDark } = await qrCode(text);
  const margin = " ".repeat(size + 4);
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = "";
    for (let column = 0; column < size; column++)
      line += HALVES[2 * Number(isDark(row, column)) + Number(row + 1 < size && isDark(row + 1, column))];
    lines.push(`  ${line}  `);
  }
  return [margin, ...lines, margin].map((line) => ON_PAPER + line + PLAIN);
}
