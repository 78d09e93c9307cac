/** Calipers on the paper: the feet strong, what is marched out fine. */
import { type Calipers, marchOut } from "./calipers";
import { type Place, sampleAt, xOf } from "./place";
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";

const FOOT_MM = 0.4;
const MARCHED_MM = 0.15;
/** The line between the feet, below the upper edge. */
const BRIDGE_MM = 3;
/** Closer than this, what is marched out would hide the curve. */
const MIN_MARCHED_PX = 4;

export function drawCalipers(
  surface: Surface,
  area: Area,
  calipers: Calipers,
  place: Place,
  scale: Scale,
  ink: string,
  marchesOut: boolean,
): void {
  const mm = pxPerMm(scale);
  const { left, top, width, height } = area;
  const upright = (sample: number) => {
    const x = xOf(place, sample);
    if (x < left || x > left + width) return;
    surface.moveTo(x, top);
    surface.lineTo(x, top + height);
  };
  surface.strokeStyle = ink;

  if (marchesOut && Math.abs(calipers.b - calipers.a) * place.pxPerSample >= MIN_MARCHED_PX) {
    surface.beginPath();
    surface.lineWidth = Math.max(1, MARCHED_MM * mm);
    for (const sample of marchOut(calipers, sampleAt(place, left), sampleAt(place, left + width)))
      upright(sample);
    surface.stroke();
  }

  surface.beginPath();
  surface.lineWidth = Math.max(1, FOOT_MM * mm);
  upright(calipers.a);
  upright(calipers.b);
  const clamp = (x: number) => Math.min(Math.max(x, left), left + width);
  surface.moveTo(clamp(xOf(place, calipers.a)), top + BRIDGE_MM * mm);
  surface.lineTo(clamp(xOf(place, calipers.b)), top + BRIDGE_MM * mm);
  surface.stroke();
}
