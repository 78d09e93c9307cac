/** The whole recording in one line, and where the window stands that is open in it. */

import { NO_SAMPLE } from "../../../schema/nosample";
import { drawGaps, gapArea } from "./hatching";
import type { Ink } from "./ink";
import type { Place } from "./place";
import { gapsIn, joined, type Piece, type Range } from "./samples";
import type { Scale } from "./scale";
import type { Area, Surface } from "./surface";
import { drawTrace } from "./trace";

/** Of the height, so that the largest spike does not touch the edges. */
const FILLED = 0.9;
/** A window of a second in a day is a line, but one that can be seen. */
const MIN_WINDOW_PX = 4;
/** Largest and smallest of these shares are left outside: one artefact is not to flatten a day. */
const OUTLIERS = 0.005;

/** The coarsest step that still gives each pixel an entry. */
export function stepFor(samples: number, pixels: number, most: number): number {
  let step = 1;
  while (step * 2 * pixels <= samples && step < most) step *= 2;
  return step;
}

/** From the left edge to the right one. */
export const overviewPlace = (area: Area, samples: number, piece: Piece | undefined): Place =>
  fittedPlace(area, samples, rangeOf(piece));

/** @param range counts that the height is for */
export function fittedPlace(area: Area, samples: number, [least, most]: [number, number]): Place {
  return {
    x0: area.left,
    pxPerSample: area.width / Math.max(1, samples),
    y0: area.top + area.height / 2,
    pxPerCount: (area.height * FILLED) / Math.max(1, most - least),
    baseline: (least + most) / 2,
  };
}

function rangeOf(piece: Piece | undefined): [number, number] {
  const values = (piece?.values ?? new Int32Array()).filter((value) => value !== NO_SAMPLE).sort();
  const skipped = Math.floor(values.length * OUTLIERS);
  return [values[skipped] ?? 0, values[values.length - 1 - skipped] ?? 0];
}

/** Where the window stands, as shares of a line of so many pixels. */
export function windowShare(
  samples: number,
  pixels: number,
  { from, to }: Range,
): { left: number; width: number } {
  const whole = Math.max(1, samples);
  const width = Math.min(1, Math.max(MIN_WINDOW_PX / pixels, (to - from) / whole));
  const left = (from + to) / 2 / whole - width / 2;
  return { left: Math.min(Math.max(0, left), 1 - width), width };
}

export function drawOverview(
  surface: Surface,
  area: Area,
  samples: number,
  piece: Piece | undefined,
  gaps: readonly Range[],
  scale: Scale,
  ink: Ink,
): void {
  const place = overviewPlace(area, samples, piece);
  surface.clearRect(area.left, area.top, area.width, area.height);
  if (piece) drawTrace(surface, area, piece, place, 1, ink.trace);
  const missing = joined([...gaps, ...(piece ? gapsIn(piece) : [])]);
  for (const gap of missing) {
    const part = gapArea(area, gap, place);
    // A day's curve is one black band: a short gap is to be seen in it.
    if (part) surface.clearRect(part.left, part.top, part.width, part.height);
  }
  drawGaps(surface, area, missing, place, scale, ink.gap);
}
