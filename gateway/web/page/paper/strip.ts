/** A piece of a recording on paper: grid, calibration pulse, curves, gaps and what they are called, lead below lead. */

import { type BandMm, heightOf } from "./bands";
import { drawGrid } from "./grid";
import { drawGaps } from "./hatching";
import type { Ink } from "./ink";
import { drawLabel, TEXT_CSS_PX } from "./label";
import type { Layout } from "./layout";
import { drawLeaving, leavesPaper } from "./leaving";
import { countsPerMillivolt, type LeadScale, type Place, placeOf, xOf } from "./place";
import { drawPulse, pulseWidth } from "./pulse";
import { extremesOf, UNCALIBRATED_MV } from "./reach";
import { gapsIn, joined, type Piece, type Range } from "./samples";
import { pxPerMm, pxPerSecond, type Scale } from "./scale";
import type { Area, Surface } from "./surface";
import { drawTrace, traceWidth } from "./trace";

/** Between the text and the edges. */
const MARGIN_MM = 1;
const CHANGE_MM = 3;
const PIN_MM = 8;
const PIN_WIDTH_MM = 0.5;

export interface Row {
  name: string;
  lead: LeadScale;
  /** Of the same step; what lies between them was not sent yet. */
  pieces: Piece[];
}

export interface Mark {
  sample: number;
  name: string;
}

export interface Strip {
  rows: Row[];
  layout: Layout;
  /** For each band of the layout; they share the height as these say. */
  bands: readonly BandMm[];
  /** Samples per second. */
  rate: number;
  /** First sample of the window; it may lie between two. */
  from: number;
  /** Samples of the recording: behind it the paper is bare. */
  samples: number;
  /** What the hub says of gaps: short ones are not to be seen in pairs. */
  gaps: readonly Range[];
  /** Where something was marked, and what. */
  marks: readonly Mark[];
  scale: Scale;
  /** As the reader's language has it. */
  uncalibrated: string;
}

export interface PlacedCell {
  row: Row;
  area: Area;
  place: Place;
}

export interface Bands {
  /** Of the curves, right of the pulse. */
  area: Area;
  /** Band by band, from left to right; the same x in all of them. */
  cells: PlacedCell[];
}

/** Where everything is. @param area of the canvas */
export function bandsOf({ rows, layout, bands, rate, from, scale }: Strip, area: Area): Bands {
  const pulse = Math.ceil(pulseWidth(scale));
  const curves = { ...area, left: area.left + pulse, width: Math.max(0, area.width - pulse) };
  const pxPerMm = area.height / Math.max(1, heightOf(bands));
  const cells = layout.flatMap((band, n) => {
    const { above, below } = bands[n]!;
    const top = area.top + heightOf(bands.slice(0, n)) * pxPerMm;
    return band.map((cell) => {
      const row = rows[cell.row]!;
      const { counts, baseline } = measureOf(row.lead, row.pieces);
      const left = curves.left + Math.round(cell.from * curves.width);
      const width = curves.left + Math.round(cell.to * curves.width) - left;
      return {
        row,
        area: { left, top, width, height: (above + below) * pxPerMm },
        place: placeOf(scale, curves.left, from, rate, top + above * pxPerMm, baseline, counts),
      };
    });
  });
  return { area: curves, cells };
}

/** Samples that a window of this width shows. */
export const samplesAcross = (width: number, rate: number, scale: Scale): number =>
  Math.max(0, ((width - Math.ceil(pulseWidth(scale))) / pxPerSecond(scale)) * rate);

/** An uncalibrated lead is as high as its piece needs. */
function measureOf(lead: LeadScale, pieces: readonly Piece[]): { counts: number; baseline: number } {
  const counts = countsPerMillivolt(lead);
  if (counts !== undefined) return { counts, baseline: lead.baseline };
  const extremes = extremesOf(pieces);
  if (!extremes) return { counts: 1, baseline: 0 };
  const { least, most } = extremes;
  return { counts: Math.max(1, most - least) / UNCALIBRATED_MV, baseline: (most + least) / 2 };
}

/** Whether a curve is somewhere higher than its band. @param area as for `drawStrip` */
export const isCut = (strip: Strip, area: Area): boolean =>
  bandsOf(strip, area).cells.some(({ row, area: cell, place }) => leavesPaper(cell, row.pieces, place));

export function drawStrip(surface: Surface, area: Area, strip: Strip, ink: Ink): Bands {
  const { scale, samples } = strip;
  const bands = bandsOf(strip, area);
  const mm = pxPerMm(scale);
  const width = traceWidth(scale);
  surface.clearRect(area.left, area.top, area.width, area.height);
  // The grid moves with the paper; across it hangs at the first lead's 0 mV.
  const [first] = bands.cells;
  const origin = { x: first?.place.x0 ?? area.left, y: first?.place.y0 ?? area.top };
  drawGrid(surface, area, { x: origin.x % (5 * mm), y: origin.y }, scale, ink);

  for (const { row, area: cell, place } of bands.cells) {
    const { name, lead, pieces } = row;
    const isCalibrated = countsPerMillivolt(lead) !== undefined;
    const isLeftmost = cell.left === bands.area.left;
    const gaps = joined([...strip.gaps, ...pieces.flatMap(gapsIn)]);
    if (isCalibrated && isLeftmost) drawPulse(surface, area.left, place.y0, scale, width, ink.trace);
    const held = untilEnd(cell, place, samples);
    for (const piece of pieces) {
      drawTrace(surface, held, piece, place, width, ink.trace);
      drawLeaving(surface, held, piece, place, scale, ink.tool);
    }
    // Over the curve: pairs that reach into a short gap would hide it.
    drawGaps(surface, cell, gaps, place, scale, ink.gap);
    if (!isLeftmost) drawChange(surface, cell, place, scale, ink.text);
    const label = isCalibrated ? name : `${name} (${strip.uncalibrated})`;
    const foot = cell.top + MARGIN_MM * mm + TEXT_CSS_PX * scale.ratio;
    drawLabel(surface, label, cell.left + MARGIN_MM * mm, foot, scale.ratio, ink);
  }
  for (const mark of strip.marks) drawMark(surface, bands, mark, scale, ink);
  return bands;
}

/** Where one lead ends and another one begins. */
function drawChange(surface: Surface, { left }: Area, { y0 }: Place, scale: Scale, ink: string): void {
  const length = CHANGE_MM * pxPerMm(scale);
  surface.beginPath();
  surface.moveTo(left, y0 - length);
  surface.lineTo(left, y0 + length);
  surface.strokeStyle = ink;
  surface.lineWidth = Math.max(1, PIN_WIDTH_MM * pxPerMm(scale));
  surface.stroke();
}

/** A pin at the lower edge, with its name. */
function drawMark(surface: Surface, { area, cells }: Bands, mark: Mark, scale: Scale, ink: Ink): void {
  const x = cells[0] ? xOf(cells[0].place, mark.sample) : area.left - 1;
  if (x < area.left || x > area.left + area.width) return;
  const mm = pxPerMm(scale);
  const bottom = area.top + area.height;
  surface.beginPath();
  surface.moveTo(x, bottom);
  surface.lineTo(x, bottom - PIN_MM * mm);
  surface.strokeStyle = ink.tool;
  surface.lineWidth = Math.max(1, PIN_WIDTH_MM * mm);
  surface.stroke();
  drawLabel(surface, mark.name, x + MARGIN_MM * mm, bottom - MARGIN_MM * mm, scale.ratio, ink, ink.tool);
}

/** The paper goes on behind a recording's end, the curve does not. */
function untilEnd(band: Area, place: Place, samples: number): Area {
  const end = Math.ceil(xOf(place, samples)) + 1;
  return { ...band, width: Math.max(0, Math.min(band.width, end - band.left)) };
}
