/** The calibration pulse at the head of a strip: 1 mV high and 200 ms wide, at whatever speed and gain. */
import { pxPerMillivolt, pxPerMm, pxPerSecond, type Scale } from "./scale";
import type { Surface } from "./surface";

const SECONDS = 0.2;
/** Of paper, before and behind it. */
const FOOT_MM = 1;

export type Point = [x: number, y: number];

/** @param x where it begins, @param y of 0 mV */
export function pulsePoints(x: number, y: number, scale: Scale): Point[] {
  const foot = FOOT_MM * pxPerMm(scale);
  const rise = x + foot;
  const fall = rise + SECONDS * pxPerSecond(scale);
  const top = y - pxPerMillivolt(scale);
  return [
    [x, y],
    [rise, y],
    [rise, top],
    [fall, top],
    [fall, y],
    [fall + foot, y],
  ];
}

/** What it takes of the paper's width, in pixels. */
export const pulseWidth = (scale: Scale): number =>
  SECONDS * pxPerSecond(scale) + 2 * FOOT_MM * pxPerMm(scale);

export function drawPulse(
  surface: Surface,
  x: number,
  y: number,
  scale: Scale,
  width: number,
  ink: string,
): void {
  surface.beginPath();
  for (const [n, point] of pulsePoints(x, y, scale).entries())
    if (n === 0) surface.moveTo(...point);
    else surface.lineTo(...point);
  surface.strokeStyle = ink;
  surface.lineWidth = width;
  surface.lineJoin = "miter";
  surface.stroke();
}
