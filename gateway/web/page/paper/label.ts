/** Words on the paper: around each letter bare paper, so that curves and lines do not run into it. */
import type { Ink } from "./ink";
import type { Surface } from "./surface";

/** As large as the page's, in CSS pixels. */
export const TEXT_CSS_PX = 18;
/** To each side of a stroke. */
const HALO_CSS_PX = 3;

/** @param x,y of the first letter's foot @param ratio pixels of the canvas to a CSS pixel */
export function drawLabel(
  surface: Surface,
  text: string,
  x: number,
  y: number,
  ratio: number,
  ink: Ink,
  colour = ink.text,
): void {
  surface.font = `${TEXT_CSS_PX * ratio}px sans-serif`;
  surface.textBaseline = "alphabetic";
  surface.lineJoin = "round";
  surface.lineWidth = 2 * HALO_CSS_PX * ratio;
  surface.strokeStyle = ink.paper;
  surface.strokeText(text, x, y);
  surface.fillStyle = colour;
  surface.fillText(text, x, y);
}
