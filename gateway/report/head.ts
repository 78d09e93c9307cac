/** The first page's upper part, which states everything, and what stands at the foot and head of every page. */

import { type QrCode, qrCode } from "../document/qr";
import { findingsOf, type Study } from "../document/study";
import type { StoreReader } from "../store/reader";
import type { Shown } from "./evidence";
import {
  analysisFacts,
  type Fact,
  findingLine,
  NOT_A_DIAGNOSIS,
  noFindings,
  overReadTexts,
  recordingFacts,
  SIMULATED,
} from "./facts";
import { MM } from "./paper";
import type { Sheet } from "./sheet";

/** What every part draws with. */
export interface Page {
  sheet: Sheet;
  study: Study;
  reader: StoreReader;
  timeZone: string;
}

const SIZE = 7;
const LEADING = 8.6;
const LABEL = 42;
const QR_MM = 22;
const ALERT = "#b00000";
const QUIET = "#555";
/** A long recording has a table of them, too. */
const FIRST_FINDINGS = 3;

/** @returns the height at which it ends */
export async function drawHead(page: Page, shown: Shown, link: string | undefined): Promise<number> {
  const { sheet, study, timeZone } = page;
  const { paper } = sheet;
  sheet.addPage();
  const top = drawTitle(page, "ECG report");
  const qr = shown.place === undefined ? undefined : await qrCode(shown.place);
  const middle = paper.left + (paper.right - paper.left) * 0.46;
  const right = qr ? paper.right - (QR_MM + 4) * MM : paper.right;
  const firstColumn = drawFacts(
    sheet,
    recordingFacts(study, timeZone),
    paper.left,
    top,
    middle - 8 - paper.left,
  );
  const secondColumn = drawFacts(
    sheet,
    [...analysisFacts(study, timeZone), ...findingFacts(page), ...closing(page, shown, link)],
    ...([middle, top, right - middle] as const),
  );
  if (qr) drawQr(sheet, qr, paper.right - QR_MM * MM, top - SIZE, QR_MM * MM);
  if (qr)
    sheet.tagged("P", () => {
      const below = "Its place in the log, for 'avnode verify'";
      for (const [index, line] of sheet.lines(below, QR_MM * MM, 3, { size: 6 }).entries())
        sheet.write(line, paper.right - QR_MM * MM, top + (QR_MM + 1) * MM + index * 7, {
          size: 6,
          colour: QUIET,
        });
    });
  return Math.max(firstColumn, secondColumn, qr ? top + (QR_MM + 1) * MM + 14 : 0);
}

function findingFacts({ study, timeZone }: Page): Fact[] {
  const findings = findingsOf(study);
  if (findings.length === 0) return [{ label: "Findings", text: noFindings(study) }];
  const shown = findings.slice(0, FIRST_FINDINGS).map((finding) => findingLine(study, finding, timeZone));
  const more = findings.length - shown.length;
  return [
    ...shown.map((text, index) => ({ label: index === 0 ? "Findings" : "", text })),
    ...(more > 0
      ? [{ label: "", text: `and ${more} more: 'avnode findings ${study.info.id}' lists all` }]
      : []),
  ];
}

function closing({ study, timeZone }: Page, shown: Shown, link: string | undefined): Fact[] {
  const [newest, ...older] = overReadTexts(study, timeZone);
  return [
    { label: "Over-read", text: newest! },
    ...older.slice(0, 1).map((text) => ({ label: "", text })),
    { label: "Proof", text: `${shown.text}; ${shown.signed}` },
    ...(link === undefined ? [] : [{ label: "Answer", text: link, address: link }]),
  ];
}

/** @returns where what follows begins */
export function drawTitle({ sheet, study }: Page, title: string): number {
  const { left, right, top } = sheet.paper;
  sheet.tagged("H1", () => sheet.write(title, left, top + 10, { size: 13, bold: true }));
  if (study.info.simulated)
    sheet.tagged("P", () =>
      sheet.write(SIMULATED, right, top + 10, { size: 10, bold: true, colour: ALERT, align: "right" }),
    );
  return top + 24;
}

/** @returns the base line below the last */
function drawFacts(sheet: Sheet, facts: Fact[], x: number, top: number, width: number): number {
  let y = top;
  for (const { label, text, address } of facts) {
    const lines = sheet.lines(text, width - LABEL, 3, { size: SIZE });
    sheet.tagged("P", () => {
      if (label !== "") sheet.write(label, x, y, { size: SIZE, colour: QUIET });
      for (const [index, line] of lines.entries())
        sheet.write(line, x + LABEL, y + index * LEADING, { size: SIZE });
    });
    if (address !== undefined)
      sheet.link(x + LABEL, y - SIZE, width - LABEL, lines.length * LEADING, address);
    y += lines.length * LEADING;
  }
  return y;
}

function drawQr(sheet: Sheet, { size, isDark }: QrCode, x: number, y: number, side: number): void {
  const module = side / size;
  let path = "";
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      if (isDark(row, column))
        path += `${(x + column * module).toFixed(3)} ${(y + row * module).toFixed(3)} ${module.toFixed(3)} ${module.toFixed(3)} re `;
  sheet.tagged("Figure", () => sheet.fill(path, "#000"), "QR code: the recording's place in the hub's log");
}

export function drawFoot({ sheet, study: { info } }: Page, page: number, pages: number): void {
  const { left, right, bottom } = sheet.paper;
  const y = bottom + 5 * MM;
  sheet.tagged("P", () => {
    const demo = info.simulated ? "DEMO · SIMULATED · " : "";
    sheet.write(`${demo}${NOT_A_DIAGNOSIS}`, left, y, { size: 7.5, bold: true });
    sheet.write(`${info.id} · page ${page} of ${pages}`, right, y, { size: 7.5, align: "right" });
  });
}
