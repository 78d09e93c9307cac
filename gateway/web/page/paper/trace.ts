/** The curve: straight from sample to sample, or from the smallest to the largest of many; never across a gap. */

import { NO_SAMPLE } from "../../../schema/nosample";
import { type Place, xOf, yOf } from "./place";
import { entriesOf, type Piece } from "./samples";
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";
import { within } from "./surface";

/** Of the curve, in mm of paper. */
const WIDTH_MM = 0.3;

/** In whole pixels: a line of one is drawn many times faster than one of 1.1, where no graphics processor helps. */
export const traceWidth = (scale: Scale): number => Math.max(1, Math.round(WIDTH_MM * pxPerMm(scale)));

/** @param area what of the paper it may be drawn on: a neighbour's lead stays legible */
export function drawTrace(
  surface: Surface,
  area: Area,
  piece: Piece,
  place: Place,
  width: number,
  ink: string,
): void {
  within(surface, area, () => {
    surface.beginPath();
    if (piece.step === 1) samplesPath(surface, area, piece, place);
    else pairsPath(surface, area, piece, place);
    surface.strokeStyle = ink;
    surface.lineWidth = width;
    // Sharp corners would make each spike longer than it was.
    surface.lineJoin = "round";
    surface.stroke();
  });
}

/** Entries that can be seen, and one more on each side, so that the curve leaves the paper as it came. */
export function visible(area: Area, piece: Piece, place: Place): { first: number; last: number } {
  const entryPx = piece.step * place.pxPerSample;
  const start = xOf(place, piece.from);
  return {
    first: Math.max(0, Math.floor((area.left - start) / entryPx) - 1),
    last: Math.min(entriesOf(piece) - 1, Math.ceil((area.left + area.width - start) / entryPx) + 1),
  };
}

function samplesPath(surface: Surface, area: Area, piece: Piece, place: Place): void {
  const { first, last } = visible(area, piece, place);
  const dot = Math.max(1, place.pxPerSample / 2);
  for (let n = first; n <= last; n++) {
    const value = piece.values[n]!;
    if (value === NO_SAMPLE) continue;
    const x = xOf(place, piece.from + n);
    const y = yOf(place, value);
    const isAfterGap = n === 0 || piece.values[n - 1] === NO_SAMPLE;
    if (!isAfterGap && n > first) surface.lineTo(x, y);
    else surface.moveTo(x, y);
    // A sample alone between gaps has no neighbour to draw a line to.
    if (isAfterGap && (piece.values[n + 1] ?? NO_SAMPLE) === NO_SAMPLE) surface.lineTo(x + dot, y);
  }
}

function pairsPath(surface: Surface, area: Area, piece: Piece, place: Place): void {
  const { first, last } = visible(area, piece, place);
  let before: number | undefined;
  for (let n = first; n <= last; n++) {
    const least = piece.values[2 * n]!;
    if (least === NO_SAMPLE) {
      before = undefined;
      continue;
    }
    const x = xOf(place, piece.from + (n + 0.5) * piece.step);
    const low = yOf(place, least);
    const high = yOf(place, piece.values[2 * n + 1]!);
    // From the nearer end: so the curve is joined, and no line is longer than the signal is.
    const isLowFirst = before === undefined || Math.abs(before - low) < Math.abs(before - high);
    const [enter, leave] = isLowFirst ? [low, high] : [high, low];
    if (before === undefined) surface.moveTo(x, enter);
    else surface.lineTo(x, enter);
    // A flat line is seen, too.
    surface.lineTo(x, leave === enter ? enter + 0.01 : leave);
    before = leave;
  }
}
