/** The rhythm as a ribbon: a stretch for each episode, its name in it where there is room. */
import type { EpisodeFinding } from "../../../schema/findings";
import { hatchLines } from "./hatching";
import type { Ink } from "./ink";
import type { Range } from "./samples";
import type { Area, Surface } from "./surface";
import { within } from "./surface";

/** Of the ribbon, in CSS pixels. */
export const RIBBON_CSS_PX = 28;
const TEXT_CSS_PX = 18;
const HATCH_CSS_PX = 8;

export interface Episode extends Range {
  rhythm: EpisodeFinding["rhythm"];
  /** In the reader's language. */
  name: string;
}

/** Within those of a rhythm: drawn over them. */
const INNER: ReadonlySet<string> = new Set(["pause", "vrun"]);

/** @param xOf of a sample, in pixels */
export function drawRibbon(
  surface: Surface,
  area: Area,
  episodes: readonly Episode[],
  xOf: (sample: number) => number,
  ratio: number,
  ink: Ink,
): void {
  surface.clearRect(area.left, area.top, area.width, area.height);
  const right = area.left + area.width;
  const ordered = [...episodes].sort((a, b) => Number(INNER.has(a.rhythm)) - Number(INNER.has(b.rhythm)));
  for (const { rhythm, from, to } of ordered) {
    const begin = Math.max(area.left, Math.round(xOf(from)));
    // A run of three beats in a day is to be seen.
    const end = Math.min(right, Math.max(Math.round(xOf(to)), begin + Math.ceil(2 * ratio)));
    if (end <= area.left || begin >= right) continue;
    const part = { ...area, left: begin, width: end - begin };
    surface.fillStyle = ink.rhythms[rhythm];
    surface.fillRect(part.left, part.top, part.width, part.height);
    if (rhythm === "unreadable") hatch(surface, part, ratio, ink.gap);
  }
  surface.fillStyle = ink.text;
  surface.font = `${TEXT_CSS_PX * ratio}px sans-serif`;
  for (const { name, rhythm, from, to } of ordered) {
    const begin = Math.max(area.left, xOf(from));
    const room = Math.min(right, xOf(to)) - begin - 8 * ratio;
    if (INNER.has(rhythm) || room < name.length * TEXT_CSS_PX * ratio * 0.6) continue;
    surface.fillText(name, begin + 6 * ratio, area.top + area.height - 8 * ratio);
  }
}

function hatch(surface: Surface, area: Area, ratio: number, ink: string): void {
  within(surface, area, () => {
    surface.beginPath();
    for (const [x1, y1, x2, y2] of hatchLines(area, HATCH_CSS_PX * ratio, 0)) {
      surface.moveTo(x1, y1);
      surface.lineTo(x2, y2);
    }
    surface.strokeStyle = ink;
    surface.lineWidth = 1;
    surface.stroke();
  });
}
