/** Where a curve is higher than its paper: a bar at the edge, so that a cut wave is not taken for a small one. */
import { NO_SAMPLE } from "../../../schema/nosample";
import { type Place, xOf, yOf } from "./place";
import type { Piece } from "./samples";
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";
import { within } from "./surface";
import { visible } from "./trace";

/** Of the bar, and at least of its length, in mm. */
const BAR_MM = 1;

/** Entries that are to be seen and not to be drawn, and at which edge. */
function* outside(area: Area, piece: Piece, place: Place): Generator<{ x: number; y: number }> {
  const { first, last } = visible(area, piece, place);
  const width = piece.step === 1 ? 1 : 2;
  const [top, bottom] = [area.top, area.top + area.height];
  for (let n = first; n <= last; n++) {
    const least = piece.values[n * width]!;
    if (least === NO_SAMPLE) continue;
    const x = xOf(place, piece.from + (n + (width - 1) / 2) * piece.step);
    if (x < area.left || x > area.left + area.width) continue;
    if (yOf(place, piece.values[n * width + width - 1]!) < top) yield { x, y: top };
    if (yOf(place, least) > bottom) yield { x, y: bottom };
  }
}

export function leavesPaper(area: Area, pieces: readonly Piece[], place: Place): boolean {
  return pieces.some((piece) => !outside(area, piece, place).next().done);
}

export function drawLeaving(
  surface: Surface,
  area: Area,
  piece: Piece,
  place: Place,
  scale: Scale,
  ink: string,
): void {
  const mm = pxPerMm(scale);
  const half = Math.max(BAR_MM * mm, place.pxPerSample * piece.step) / 2;
  const marks = [...outside(area, piece, place)];
  if (marks.length === 0) return;
  within(surface, area, () => {
    surface.beginPath();
    for (const { x, y } of marks) {
      surface.moveTo(x - half, y);
      surface.lineTo(x + half, y);
    }
    surface.strokeStyle = ink;
    // Half of it lies outside.
    surface.lineWidth = 2 * BAR_MM * mm;
    surface.stroke();
  });
}
