/** Measures a picture of paper with a black curve of rectangular pulses: by the middle of the ink, between pixels. */
import type { Image } from "../image";

export interface Pulses {
  /** Each, in pixels. */
  heights: number[];
  widths: number[];
  /** From one's rise to the next one's, without the first: that is the calibration pulse. */
  periods: number[];
}

/** Of the curve alone: the light grid is as red as the paper. */
const black = (image: Image) => (x: number, y: number) => 255 - image.red(x, y);
type Ink = (x: number, y: number) => number;

export function measurePulses(image: Image): Pulses {
  const ink = black(image);
  const [top, bottom] = levels(image, ink);
  const rows = [0.4, 0.5, 0.6].map((part) => Math.round(top + (bottom - top) * part));
  const edges = rows.map((y) => middles(image.width, (x) => ink(x, y)));
  const flanks = edges[0]!.map((_, n) => mean(edges.map((row) => row[n]!)));
  const pulses: Pulses = { heights: [], widths: [], periods: [] };
  for (let n = 0; n + 1 < flanks.length; n += 2) {
    const [rise, fall] = [flanks[n]!, flanks[n + 1]!];
    pulses.widths.push(fall - rise);
    if (n >= 4) pulses.periods.push(rise - flanks[n - 2]!);
    // The plateau in its inner half; the baseline in front of it, of which the first one has a millimetre.
    const [quarter, gap] = [(fall - rise) / 4, (fall - rise) / (n === 0 ? 6 : 1)];
    const plateau = column(image, ink, rise + quarter, fall - quarter, top, (top + bottom) / 2);
    const base = column(image, ink, rise - gap, rise - gap / 2, (top + bottom) / 2, bottom);
    pulses.heights.push(base - plateau);
  }
  return pulses;
}

/** Distances between neighbouring strong lines, in pixels. */
export function measureGrid(image: Image, top: number, bottom: number): { distances: number[] } {
  const strength = (x: number) => {
    const column: number[] = [];
    for (let y = top; y < bottom; y++) column.push(255 - image.green(x, y));
    return column.sort((a, b) => a - b)[column.length >> 1]!;
  };
  const strong = middles(image.width, (x) => Math.max(0, strength(x) - 60));
  return { distances: strong.slice(1).map((at, n) => at - strong[n]!) };
}

/** The rows with the most ink: those of baseline and plateaus, with room around them for the stroke. */
function levels(image: Image, ink: Ink): [top: number, bottom: number] {
  const sums = Array.from({ length: image.height }, (_, y) => {
    let sum = 0;
    for (let x = 0; x < image.width; x++) sum += ink(x, y);
    return sum;
  });
  // Flanks give each row between the same; plateaus and baseline stand out.
  const most = Math.max(...sums) / 8;
  const rows = sums.flatMap((sum, y) => (sum > most ? [y] : []));
  const margin = (rows.at(-1)! - rows[0]!) / 8;
  return [rows[0]! - margin, rows.at(-1)! + margin];
}

/** The middle of each run of ink. */
export function middles(length: number, inkAt: (at: number) => number): number[] {
  const found: number[] = [];
  let [sum, weighted] = [0, 0];
  for (let at = 0; at <= length; at++) {
    const ink = at < length ? inkAt(at) : 0;
    sum += ink;
    weighted += ink * (at + 0.5);
    if (ink > 0 || sum === 0) continue;
    found.push(weighted / sum);
    [sum, weighted] = [0, 0];
  }
  return found;
}

/** How high the curve lies between two columns. */
function column(image: Image, ink: Ink, left: number, right: number, top: number, bottom: number): number {
  const heights: number[] = [];
  for (let x = Math.max(0, Math.ceil(left)); x <= Math.min(right, image.width - 1); x++) {
    let [sum, weighted] = [0, 0];
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(bottom, image.height); y++) {
      sum += ink(x, y);
      weighted += ink(x, y) * (y + 0.5);
    }
    if (sum > 0) heights.push(weighted / sum);
  }
  return mean(heights);
}

function mean(values: number[]): number {
  if (values.length === 0) throw new Error("no ink where a line should be");
  return values.reduce((a, b) => a + b, 0) / values.length;
}
