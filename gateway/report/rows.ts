/** A whole stretch, row by row of ten seconds. */
import { rateOf, type Stretch, type Study } from "../document/study";
import { leadName, whenText } from "./facts";
import { drawTitle, type Page } from "./head";
import { MM, ROW_SECONDS } from "./paper";
import { type Held, samplesOf } from "./samples";
import { type Box, drawGrid, drawTrace } from "./strip";

/** What is longer is told by its trends, with strips of what was found. */
const SHORT_SECONDS = 60;
export const ROW_HEIGHT = 35 * MM;
/** Rows that a page has room for are higher, up to this. */
const MOST_HEIGHT = 50 * MM;
const SQUARE = 5 * MM;
export const ROWS_APART = 2 * MM;

export function isShort({ from, to }: Study, rate: number): boolean {
  return (to - from) / rate <= SHORT_SECONDS;
}

/** @param top of the first page's free part; a page of their own without */
export function drawRows(page: Page, top = Number.POSITIVE_INFINITY): void {
  const { sheet, study, reader } = page;
  const rate = rateOf(study);
  const rowSamples = Math.round(ROW_SECONDS * rate);
  let y = top === Number.POSITIVE_INFINITY ? top : scaleLine(page, top);
  let rows = Math.ceil((study.to - study.from) / rowSamples) * study.info.open.leads.length;
  let height = heightOf(rows, sheet.paper.bottom - y);
  for (let from = study.from; from < study.to; from += rowSamples) {
    const stretch = { from, to: Math.min(study.to, from + rowSamples) };
    const held = samplesOf(reader, study, stretch);
    for (let lead = 0; lead < held.length; lead++) {
      if (y + height > sheet.paper.bottom) {
        sheet.addPage();
        y = scaleLine(page, drawTitle(page, page.words.say("title-continued")));
        height = heightOf(rows, sheet.paper.bottom - y);
      }
      drawRow(page, stretch, held, lead, y, height);
      y += height + ROWS_APART;
      rows--;
    }
  }
}

/** Whole squares. @param room of a page: as many rows as fit there share it */
export function heightOf(rows: number, room: number): number {
  const fit = Math.min(rows, Math.floor((room + ROWS_APART) / (ROW_HEIGHT + ROWS_APART)));
  const each = SQUARE * Math.floor(((room + ROWS_APART) / Math.max(1, fit) - ROWS_APART) / SQUARE);
  return Math.max(ROW_HEIGHT, Math.min(MOST_HEIGHT, each));
}

/** How the rows below are to be read. @returns where they begin */
export function scaleLine({ sheet, words }: Page, top: number): number {
  sheet.tagged("P", () =>
    sheet.write(words.say("scale"), sheet.paper.left, top + 2, { size: 6.5, colour: "#555" }),
  );
  return top + 6;
}

/** One lead of at most ten seconds, with its time. */
export function drawRow(
  page: Page,
  stretch: Stretch,
  held: Held,
  lead: number,
  y: number,
  height = ROW_HEIGHT,
): void {
  const { sheet, study, words } = page;
  const { left, right } = sheet.paper;
  const box: Box = { x: left, y, width: right - left, height };
  const rate = rateOf(study);
  const label = `${leadName(words, study, lead)} · ${whenText(page, stretch.from)}`;
  sheet.tagged(
    "Figure",
    () => {
      drawGrid(sheet, box);
      drawTrace(page, box, {
        ...{ lead: study.info.open.leads[lead]!, label, rate },
        ...{ values: held[lead]!, pulse: true },
      });
    },
    words.say("trace-spoken", { label, seconds: words.number((stretch.to - stretch.from) / rate, 1) }),
  );
}
