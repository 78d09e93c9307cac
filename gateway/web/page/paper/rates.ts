/** The heart rate over a whole recording: each interval between beats a dot, and the median of each stretch a line. */
import type { Beats } from "./beats";
import type { Ink } from "./ink";
import { drawLabel } from "./label";
import type { Area, Surface } from "./surface";

/** Beats a minute at the lower and the upper edge; what lies beyond stands at the edge. */
const LEAST = 30;
const MOST = 190;
const LINES = [50, 100, 150];
/** A median of fewer beats jumps. */
const MIN_BEATS = 3;
/** CSS pixels to a median. */
const STRETCH_PX = 4;

export const rateY = (area: Area, rate: number): number =>
  area.top + area.height * (1 - (Math.min(MOST, Math.max(LEAST, rate)) - LEAST) / (MOST - LEAST));

export interface RateColumn {
  least: number;
  median: number;
  most: number;
}

/** @param intervals seconds, NaN where unknown @returns for each of so many columns; undefined where nothing is known */
export function rateColumns(
  { samples }: Beats,
  intervals: Float64Array,
  total: number,
  columns: number,
): (RateColumn | undefined)[] {
  const rates: number[][] = Array.from({ length: columns }, () => []);
  for (let n = 0; n < samples.length; n++) {
    if (Number.isNaN(intervals[n])) continue;
    const column = Math.floor((samples[n]! / Math.max(1, total)) * columns);
    rates[Math.min(columns - 1, column)]!.push(60 / intervals[n]!);
  }
  return rates.map((all) => {
    if (all.length === 0) return undefined;
    all.sort((a, b) => a - b);
    return { least: all[0]!, median: all[all.length >> 1]!, most: all.at(-1)! };
  });
}

/** @param ratio pixels of the canvas to a CSS pixel */
export function drawRates(
  surface: Surface,
  area: Area,
  beats: Beats,
  intervals: Float64Array,
  total: number,
  ratio: number,
  ink: Ink,
): void {
  drawLines(surface, area, ink);
  const width = STRETCH_PX * ratio;
  const columns = rateColumns(beats, intervals, total, Math.max(1, Math.floor(area.width / width)));
  const perColumn = beats.samples.length / columns.length;
  if (perColumn >= MIN_BEATS) drawColumns(surface, area, columns, ink);
  else drawSingle(surface, area, beats, intervals, total, ratio, ink);
  // Over all of it: a figure that runs into a curve cannot be read.
  for (const rate of LINES)
    drawLabel(surface, String(rate), area.left + 4 * ratio, rateY(area, rate) - 3 * ratio, ratio, ink);
}

function drawLines(surface: Surface, area: Area, ink: Ink): void {
  surface.beginPath();
  for (const rate of LINES) {
    const y = Math.round(rateY(area, rate)) + 0.5;
    surface.moveTo(area.left, y);
    surface.lineTo(area.left + area.width, y);
  }
  surface.strokeStyle = ink.strong;
  surface.lineWidth = 1;
  surface.stroke();
}

function drawColumns(surface: Surface, area: Area, columns: (RateColumn | undefined)[], ink: Ink): void {
  const width = area.width / columns.length;
  surface.beginPath();
  for (const [n, column] of columns.entries()) {
    if (!column) continue;
    const x = area.left + (n + 0.5) * width;
    surface.moveTo(x, rateY(area, column.least));
    surface.lineTo(x, rateY(area, column.most) - 1);
  }
  surface.strokeStyle = ink.spread;
  surface.lineWidth = width;
  surface.stroke();
  surface.beginPath();
  let isOpen = false;
  for (const [n, column] of columns.entries()) {
    const x = area.left + (n + 0.5) * width;
    if (column && isOpen) surface.lineTo(x, rateY(area, column.median));
    else if (column) surface.moveTo(x, rateY(area, column.median));
    isOpen = column !== undefined;
  }
  surface.strokeStyle = ink.tool;
  surface.lineWidth = Math.max(1, width / 2);
  surface.lineJoin = "round";
  surface.stroke();
}

function drawSingle(
  surface: Surface,
  area: Area,
  { samples }: Beats,
  intervals: Float64Array,
  total: number,
  ratio: number,
  ink: Ink,
): void {
  const size = Math.max(2, Math.round(3 * ratio));
  surface.fillStyle = ink.tool;
  for (const [n, interval] of intervals.entries()) {
    if (Number.isNaN(interval)) continue;
    const x = area.left + (area.width * samples[n]!) / Math.max(1, total);
    surface.fillRect(Math.round(x - size / 2), Math.round(rateY(area, 60 / interval) - size / 2), size, size);
  }
}
