/** Each interval between beats against the next one: a cloud on the diagonal is even, a fan is not. */
import type { Ink } from "./ink";
import type { Area, Surface } from "./surface";

/** Seconds at the edges. */
const LEAST = 0.2;
const MOST = 2;
const LINES = [0.5, 1, 1.5];
const DOT_CSS_PX = 3;
const TEXT_CSS_PX = 18;

/** How often each cell was met, by its place: the same dot a thousand times costs no more than once. */
export function scatterCells(intervals: Float64Array, cells: number): Map<number, number> {
  const met = new Map<number, number>();
  const cellOf = (seconds: number) => Math.floor(((seconds - LEAST) / (MOST - LEAST)) * cells);
  for (let n = 1; n < intervals.length; n++) {
    const [x, y] = [cellOf(intervals[n - 1]!), cellOf(intervals[n]!)];
    // NaN is in no cell.
    if (!(x >= 0 && x < cells && y >= 0 && y < cells)) continue;
    const key = y * cells + x;
    met.set(key, (met.get(key) ?? 0) + 1);
  }
  return met;
}

export function drawScatter(
  surface: Surface,
  area: Area,
  intervals: Float64Array,
  ratio: number,
  ink: Ink,
): void {
  const { left, top, width, height } = area;
  surface.clearRect(left, top, width, height);
  const side = Math.min(width, height);
  const at = (seconds: number) => (side * (seconds - LEAST)) / (MOST - LEAST);
  surface.beginPath();
  for (const seconds of LINES) {
    const place = Math.round(at(seconds)) + 0.5;
    surface.moveTo(left + place, top);
    surface.lineTo(left + place, top + side);
    surface.moveTo(left, top + side - place);
    surface.lineTo(left + side, top + side - place);
  }
  surface.moveTo(left, top + side);
  surface.lineTo(left + side, top);
  surface.strokeStyle = ink.strong;
  surface.lineWidth = 1;
  surface.stroke();

  const dot = Math.max(1, Math.round(DOT_CSS_PX * ratio));
  const cells = Math.max(1, Math.floor(side / dot));
  const met = scatterCells(intervals, cells);
  const most = Math.max(1, ...met.values());
  for (const [key, count] of met) {
    // What is rare must not vanish beside what is common.
    surface.fillStyle = count > most ** 0.5 ? ink.trace : ink.tool;
    const [x, y] = [key % cells, Math.floor(key / cells)];
    surface.fillRect(left + x * dot, top + side - (y + 1) * dot, dot, dot);
  }
  surface.fillStyle = ink.text;
  surface.font = `${TEXT_CSS_PX * ratio}px sans-serif`;
  for (const seconds of [0.5, 1, 1.5])
    surface.fillText(`${seconds}`, left + at(seconds) + 3 * ratio, top + side - 4 * ratio);
}
