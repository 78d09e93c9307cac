/** Gaps: hatched, so that nobody takes them for a flat line, also in print and without colours. */
import { type Place, xOf } from "./place";
import type { Range } from "./samples";
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";

const DISTANCE_MM = 2;
const WIDTH_MM = 0.2;
/** A gap of one sample is to be seen at every zoom. */
const MIN_PX = 2;

export type Segment = [x1: number, y1: number, x2: number, y2: number];

/**
 * Lines rising at 45°, cut at the edges. They hang at `origin`, not at the edge, so that they stay where they are while
 * the paper is moved.
 */
export function hatchLines({ left, top, width, height }: Area, distance: number, origin: number): Segment[] {
  const right = left + width;
  const bottom = top + height;
  const segments: Segment[] = [];
  // Each line is x + y = sum.
  const first = Math.ceil((left + top - origin) / distance);
  for (let n = first; origin + n * distance < right + bottom; n++) {
    const sum = origin + n * distance;
    const x1 = Math.max(left, sum - bottom);
    const x2 = Math.min(right, sum - top);
    if (x2 > x1) segments.push([x1, sum - x1, x2, sum - x2]);
  }
  return segments;
}

/** The part of the paper that a gap takes; undefined outside. */
export function gapArea(area: Area, gap: Range, place: Place): Area | undefined {
  const left = Math.max(area.left, xOf(place, gap.from));
  const right = Math.min(area.left + area.width, Math.max(xOf(place, gap.to), xOf(place, gap.from) + MIN_PX));
  return right > left ? { ...area, left, width: right - left } : undefined;
}

export function drawGaps(
  surface: Surface,
  area: Area,
  gaps: readonly Range[],
  place: Place,
  scale: Scale,
  ink: string,
): void {
  surface.beginPath();
  for (const gap of gaps) {
    const part = gapArea(area, gap, place);
    if (!part) continue;
    const bottom = part.top + part.height;
    for (const x of [part.left, part.left + part.width]) {
      surface.moveTo(x, part.top);
      surface.lineTo(x, bottom);
    }
    for (const [x1, y1, x2, y2] of hatchLines(part, DISTANCE_MM * pxPerMm(scale), place.x0)) {
      surface.moveTo(x1, y1);
      surface.lineTo(x2, y2);
    }
  }
  surface.strokeStyle = ink;
  surface.lineWidth = Math.max(1, WIDTH_MM * pxPerMm(scale));
  surface.stroke();
}
