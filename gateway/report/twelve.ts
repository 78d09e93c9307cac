/** The twelve leads as clinicians read them: three rows of four, 2.5 seconds each, and one lead for ten seconds below. */

import { nameOf } from "../document/signal";
import { rateOf, type Study } from "../document/study";
import { whenText } from "./facts";
import type { Page } from "./head";
import { MM, MM_PER_SECOND, PULSE_MM, ROW_SECONDS } from "./paper";
import { samplesOf } from "./samples";
import { drawGrid, drawTrace } from "./strip";

const ROWS = [
  ["I", "aVR", "V1", "V4"],
  ["II", "aVL", "V2", "V5"],
  ["III", "aVF", "V3", "V6"],
];
const RHYTHM = "II";
const COLUMN_SECONDS = ROW_SECONDS / 4;
const ROW_HEIGHT = 30 * MM;

/** Places of the leads by their names; undefined unless all twelve are there. */
function placesOf({ info }: Study): Map<string, number> | undefined {
  const places = new Map(info.open.leads.map((lead, index) => [nameOf(lead, index).toUpperCase(), index]));
  const isWhole = ROWS.flat().every((name) => places.has(name.toUpperCase()));
  return isWhole ? places : undefined;
}

export function isTwelve(study: Study): boolean {
  return placesOf(study) !== undefined;
}

/** The stretch's first ten seconds; the columns follow each other in time. @returns the height at which it ends */
export function drawTwelve(page: Page, top: number): number {
  const { sheet, study, reader, words } = page;
  const { left, right } = sheet.paper;
  const { leads } = study.info.open;
  const places = placesOf(study)!;
  const place = (name: string) => places.get(name.toUpperCase())!;
  const rate = rateOf(study);
  const to = Math.min(study.to, study.from + Math.round(ROW_SECONDS * rate));
  const held = samplesOf(reader, study, { from: study.from, to });
  const told = words.say("twelve", { rhythm: RHYTHM, time: whenText(page, study.from) });
  sheet.tagged("P", () => sheet.write(told, left, top + 2, { size: 6.5, colour: "#555" }));
  const y = top + 6;
  sheet.tagged(
    "Figure",
    () => {
      drawGrid(sheet, { x: left, y, width: right - left, height: 4 * ROW_HEIGHT });
      for (const [row, names] of [...ROWS, [RHYTHM]].entries())
        for (const [column, name] of names.entries()) {
          const seconds = names.length === 1 ? ROW_SECONDS : COLUMN_SECONDS;
          const from = Math.round(column * COLUMN_SECONDS * rate);
          const values = held[place(name)]!.subarray(from, from + Math.round(seconds * rate));
          const width = seconds * MM_PER_SECOND * MM;
          const pulse = column === 0;
          const aside = pulse ? 0 : PULSE_MM * MM + column * width;
          const box = { x: left + aside, y: y + row * ROW_HEIGHT, height: ROW_HEIGHT };
          drawTrace(
            page,
            { ...box, width: pulse ? width + PULSE_MM * MM : width },
            { lead: leads[place(name)]!, label: name, values, rate, pulse },
          );
        }
    },
    told,
  );
  return y + 4 * ROW_HEIGHT;
}
