/** The first page's upper part, which states everything, and what stands at the foot and head of every page. */

import { type QrCode, qrCode } from "../document/qr";
import { findingsOf } from "../document/study";
import type { StoreReader } from "../store/reader";
import type { Shown } from "./evidence";
import {
  analysisFacts,
  type Fact,
  findingLine,
  noFindings,
  overReadTexts,
  recordingFacts,
  type Telling,
} from "./facts";
import { MM } from "./paper";
import type { Sheet } from "./sheet";

/** What every part draws with. */
export interface Page extends Telling {
  sheet: Sheet;
  reader: StoreReader;
}

const SIZE = 7;
const LEADING = 8.6;
/** Of the labels' column, at least. */
const LABEL = 42;
const LABEL_APART = 6;
const QR_MM = 22;
const MOST_QR_LINES = 4;
const ALERT = "#b00000";
const QUIET = "#555";
/** A long recording has a table of them, too. */
const FIRST_FINDINGS = 3;

/** @returns the height at which it ends */
export async function drawHead(page: Page, shown: Shown, link: string | undefined): Promise<number> {
  const { sheet, study, words } = page;
  const { paper } = sheet;
  sheet.addPage();
  const top = drawTitle(page, words.say("title"));
  const qr = shown.place === undefined ? undefined : await qrCode(shown.place);
  const middle = paper.left + (paper.right - paper.left) * 0.46;
  const right = qr ? paper.right - (QR_MM + 4) * MM : paper.right;
  const firstColumn = drawFacts(sheet, recordingFacts(page), paper.left, top, middle - 8 - paper.left);
  const secondColumn = drawFacts(
    sheet,
    [...analysisFacts(page), ...findingFacts(page), ...closing(page, shown, link)],
    ...([middle, top, right - middle] as const),
  );
  if (qr) drawQr(page, qr, paper.right - QR_MM * MM, top - SIZE, QR_MM * MM);
  const below = words.say(study.info.adopted ? "qr-adopted" : "qr");
  const told = qr ? sheet.lines(below, QR_MM * MM, MOST_QR_LINES, { size: 6 }) : [];
  if (qr)
    sheet.tagged("P", () => {
      for (const [index, line] of told.entries())
        sheet.write(line, paper.right - QR_MM * MM, top + (QR_MM + 1) * MM + index * 7, {
          size: 6,
          colour: QUIET,
        });
    });
  return Math.max(firstColumn, secondColumn, qr ? top + (QR_MM + 1) * MM + told.length * 7 : 0);
}

function findingFacts(page: Page): Fact[] {
  const { study, words } = page;
  const findings = findingsOf(study);
  const label = words.say("label-findings");
  if (findings.length === 0) return [{ label, text: noFindings(page) }];
  const shown = findings.slice(0, FIRST_FINDINGS).map((finding) => findingLine(page, finding));
  const more = findings.length - shown.length;
  return [
    ...shown.map((text, index) => ({ label: index === 0 ? label : "", text })),
    ...(more > 0
      ? [{ label: "", text: words.say("findings-more", { count: more, id: study.info.id }) }]
      : []),
  ];
}

function closing(page: Page, shown: Shown, link: string | undefined): Fact[] {
  const { words } = page;
  const [newest, ...older] = overReadTexts(page);
  return [
    { label: words.say("label-over-read"), text: newest! },
    ...older.slice(0, 1).map((text) => ({ label: "", text })),
    { label: words.say("label-proof"), text: `${shown.text}; ${shown.signed}` },
    ...(link === undefined ? [] : [{ label: words.say("label-answer"), text: link, address: link }]),
  ];
}

/** @returns where what follows begins */
export function drawTitle({ sheet, study, words }: Page, title: string): number {
  const { left, right, top } = sheet.paper;
  sheet.tagged("H1", () => sheet.write(title, left, top + 10, { size: 13, bold: true }));
  if (study.info.simulated)
    sheet.tagged("P", () =>
      sheet.write(words.say("simulated"), right, top + 10, {
        size: 10,
        bold: true,
        colour: ALERT,
        align: "right",
      }),
    );
  return top + 24;
}

/** @returns the base line below the last */
function drawFacts(sheet: Sheet, facts: Fact[], x: number, top: number, width: number): number {
  const aside = Math.max(LABEL, ...facts.map(({ label }) => sheet.width(label, SIZE) + LABEL_APART));
  let y = top;
  for (const { label, text, address } of facts) {
    const lines = sheet.lines(text, width - aside, 3, { size: SIZE });
    sheet.tagged("P", () => {
      if (label !== "") sheet.write(label, x, y, { size: SIZE, colour: QUIET });
      for (const [index, line] of lines.entries())
        sheet.write(line, x + aside, y + index * LEADING, { size: SIZE });
    });
    if (address !== undefined)
      sheet.link(x + aside, y - SIZE, width - aside, lines.length * LEADING, address);
    y += lines.length * LEADING;
  }
  return y;
}

function drawQr({ sheet, words }: Page, { size, isDark }: QrCode, x: number, y: number, side: number): void {
  const module = side / size;
  let path = "";
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      if (isDark(row, column))
        path += `${(x + column * module).toFixed(3)} ${(y + row * module).toFixed(3)} ${module.toFixed(3)} ${module.toFixed(3)} re `;
  sheet.tagged("Figure", () => sheet.fill(path, "#000"), words.say("qr-spoken"));
}

export function drawFoot({ sheet, study: { info }, words }: Page, page: number, pages: number): void {
  const { left, right, bottom } = sheet.paper;
  const y = bottom + 5 * MM;
  sheet.tagged("P", () => {
    const demo = info.simulated ? `${words.say("demo")} · ` : "";
    sheet.write(`${demo}${words.say("not-a-diagnosis")}`, left, y, { size: 7.5, bold: true });
    sheet.write(`${info.id} · ${words.say("page", { page, pages })}`, right, y, {
      size: 7.5,
      align: "right",
    });
  });
}
