/** A curve in Braille characters: two by four dots each. */

/** Bit of the dot in column 0 or 1, row 0 (top) to 3, above U+2800. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];
const BLANK = 0x2800;

/**
 * Spreads `values` over the width and their range over the height. Every dot column shows all that lies in its share of
 * the values, joined to the one before: a spike one sample wide is drawn to its tip.
 * @param values NaN where there is none
 * @returns `rows` lines of `columns` characters
 */
export function drawTrace(values: ArrayLike<number>, columns: number, rows: number): string[] {
  const cells = new Uint16Array(columns * rows).fill(BLANK);
  const { low, high } = rangeOf(values);
  const width = columns * 2;
  const top = rows * 4 - 1;
  const dotRow = (value: number) =>
    high > low ? Math.round(((high - value) / (high - low)) * top) : top >> 1;
  let before = Number.NaN;
  for (let x = 0; x < width && values.length > 0; x++) {
    const from = Math.floor((x * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((x + 1) * values.length) / width));
    let bottom = Number.POSITIVE_INFINITY;
    let peak = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      // A gap on either side breaks the line.
      const joined = Number.isNaN(before) ? value : before;
      before = value;
      if (Number.isNaN(value)) continue;
      bottom = Math.min(bottom, value, joined);
      peak = Math.max(peak, value, joined);
    }
    if (peak < bottom) continue;
    for (let y = dotRow(peak); y <= dotRow(bottom); y++)
      cells[(y >> 2) * columns + (x >> 1)]! |= DOTS[x & 1]![y & 3]!;
  }
  return Array.from({ length: rows }, (_, row) =>
    String.fromCharCode(...cells.subarray(row * columns, (row + 1) * columns)),
  );
}

function rangeOf(values: ArrayLike<number>): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < low) low = values[i]!;
    if (values[i]! > high) high = values[i]!;
  }
  return { low, high };
}
