/** Beats in a lane above the paper: a tick for each, and the class of all that are not normal. */
import { type Beats, classOf, firstFrom } from "./beats";
import { type Place, sampleAt, xOf } from "./place";
import { pxPerMm, type Scale } from "./scale";
import type { Area, Surface } from "./surface";

/** Of the lane, in CSS pixels. */
export const BEATS_CSS_PX = 28;
const TICK_CSS_PX = 7;
const TICK_WIDTH_MM = 0.3;
/** Nearer to each other, ticks are a bar and letters a blot. */
const MIN_TICK_PX = 4;
const LETTER_CSS_PX = 18;

/** @param area of the lane, right of the pulse */
export function drawBeats(
  surface: Surface,
  area: Area,
  beats: Beats,
  place: Place,
  scale: Scale,
  ink: string,
): void {
  const tick = TICK_CSS_PX * scale.ratio;
  const bottom = area.top + area.height;
  const letter = LETTER_CSS_PX * scale.ratio;
  const right = area.left + area.width;
  const last = sampleAt(place, right);
  let [tickEnd, letterEnd] = [area.left - MIN_TICK_PX, area.left - letter];
  surface.strokeStyle = ink;
  surface.fillStyle = ink;
  surface.lineWidth = Math.max(1, Math.round(TICK_WIDTH_MM * pxPerMm(scale)));
  surface.font = `bold ${letter}px sans-serif`;
  surface.beginPath();
  for (
    let n = firstFrom(beats, sampleAt(place, area.left));
    n < beats.samples.length && beats.samples[n]! <= last;
    n++
  ) {
    const x = xOf(place, beats.samples[n]!);
    const name = classOf(beats, n);
    if (x - tickEnd >= MIN_TICK_PX * scale.ratio || name !== "N") {
      surface.moveTo(x, bottom - tick);
      surface.lineTo(x, bottom);
      tickEnd = x;
    }
    // Half its width to the left: narrow enough a letter to be guessed.
    const left = x - letter * 0.35;
    if (name === "N" || left < letterEnd || x + letter * 0.35 > right) continue;
    surface.fillText(name, left, bottom - tick - 2 * scale.ratio);
    letterEnd = x + letter * 0.5;
  }
  surface.stroke();
}
