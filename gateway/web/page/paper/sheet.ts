/** All that is on a recording's canvas: the lane of its beats, the paper, the ribbon of its rhythm, and calipers over them. */
import type { Beats } from "./beats";
import { drawBeats } from "./beatsdrawn";
import type { Calipers } from "./calipers";
import { drawCalipers } from "./calipersdrawn";
import type { Ink } from "./ink";
import { xOf } from "./place";
import { drawRibbon, type Episode } from "./ribbon";
import { drawStrip, type Strip } from "./strip";
import type { Area, Surface } from "./surface";

export interface Sheet {
  strip: Strip;
  beats: Beats;
  episodes: readonly Episode[];
  /** CSS pixels of the lane above and of the ribbon below; 0 where there is none. */
  beatsPx: number;
  ribbonPx: number;
  calipers: Calipers | undefined;
  marchesOut: boolean;
}

/** The paper's part of the canvas. */
export function stripArea(
  area: Area,
  ratio: number,
  { beatsPx, ribbonPx }: Pick<Sheet, "beatsPx" | "ribbonPx">,
): Area {
  const [above, below] = [Math.round(beatsPx * ratio), Math.round(ribbonPx * ratio)];
  return { ...area, top: above, height: Math.max(1, area.height - above - below) };
}

/** @param area of the canvas, from its upper edge @param ratio pixels of it to a CSS pixel */
export function drawSheet(surface: Surface, area: Area, ratio: number, sheet: Sheet, ink: Ink): void {
  const { strip, beats, episodes, calipers, marchesOut } = sheet;
  const paper = stripArea(area, ratio, sheet);
  const { top: above, height } = paper;
  const below = area.height - above - height;
  const { area: curves, cells } = drawStrip(surface, paper, strip, ink);
  const { place } = cells[0]!;
  if (above > 0) {
    surface.clearRect(area.left, 0, area.width, above);
    drawBeats(surface, { ...curves, top: 0, height: above }, beats, place, strip.scale, ink.tool);
  }
  if (below > 0) {
    const top = above + height;
    surface.clearRect(area.left, top, area.width, below);
    const ribbon = { ...curves, top, height: below };
    drawRibbon(surface, ribbon, episodes, (sample) => xOf(place, sample), ratio, ink);
  }
  if (calipers) drawCalipers(surface, curves, calipers, place, strip.scale, ink.tool, marchesOut);
}
