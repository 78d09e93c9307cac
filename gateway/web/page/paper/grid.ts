/** The paper itself: a line each millimetre, a stronger one each five, as strokes, since printers leave backgrounds out. */
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";

const STRONG = 5;
/** Widths in mm of paper; never less than a pixel of the canvas. */
const FINE_MM = 0.1;
const STRONG_MM = 0.2;
/** Closer than this the fine lines would be a grey veil. */
const MIN_FINE_PX = 3;

export interface Line {
  /** The middle of the stroke. */
  at: number;
  strong: boolean;
}

export const strokeWidth = (mm: number, scale: Scale): number => Math.max(1, Math.round(mm * pxPerMm(scale)));

/**
 * Lines over a length, each at the pixels nearest to its place, so that it is as sharp as the screen; the error of one is
 * never passed on to the next.
 * @param from,to pixels
 * @param origin where a strong line is, in pixels; also outside
 */
export function gridLines(from: number, to: number, origin: number, scale: Scale): Line[] {
  const mm = pxPerMm(scale);
  const every = mm < MIN_FINE_PX ? STRONG : 1;
  const lines: Line[] = [];
  const first = Math.ceil((from - origin) / mm / every) * every;
  for (let n = first; origin + n * mm <= to; n += every) {
    const strong = n % STRONG === 0;
    lines.push({ at: sharp(origin + n * mm, strokeWidth(strong ? STRONG_MM : FINE_MM, scale)), strong });
  }
  return lines;
}

/** Where a stroke of whole pixels covers whole pixels. */
function sharp(at: number, width: number): number {
  return width % 2 === 1 ? Math.floor(at) + 0.5 : Math.round(at);
}

export interface GridInk {
  fine: string;
  strong: string;
}

/** @param origin where two strong lines cross, in pixels */
export function drawGrid(
  surface: Surface,
  area: Area,
  origin: { x: number; y: number },
  scale: Scale,
  ink: GridInk,
): void {
  const { left, top, width, height } = area;
  const columns = gridLines(left, left + width, origin.x, scale);
  const rows = gridLines(top, top + height, origin.y, scale);
  for (const strong of [false, true]) {
    surface.beginPath();
    for (const { at } of columns.filter((line) => line.strong === strong)) {
      surface.moveTo(at, top);
      surface.lineTo(at, top + height);
    }
    for (const { at } of rows.filter((line) => line.strong === strong)) {
      surface.moveTo(left, at);
      surface.lineTo(left + width, at);
    }
    surface.lineWidth = strokeWidth(strong ? STRONG_MM : FINE_MM, scale);
    surface.strokeStyle = strong ? ink.strong : ink.fine;
    surface.stroke();
  }
}
