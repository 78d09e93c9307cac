/** Labels on pages to print and cut: one PDF, the same bytes for the same labels. */
import type PDFKit from "pdfkit";
import { pictureSize } from "../../../gateway/claim/picture";
import { type LabelUnit, labelPng, PX_PER_MM } from "./png";
import { type LabelTemplate, templateError } from "./template";

/** Points to a millimetre. */
const MM = 72 / 25.4;
/** Of a cut mark, where the gap has room for it. */
const MARK_MM = 3;
const RULER_MM = 50;
/** Margin that has room for the ruler and what is written beside it. */
const RULER_ROOM_MM = 8;
/** A label has whole pixels, and may be larger by so much than it was to be. */
const ROUNDED_MM = 0.5 / PX_PER_MM;
/** A PDF says when it was made; a sheet does not, so that its bytes tell of the labels alone. */
const NO_DATE = new Date(0);

export async function labelSheet(units: LabelUnit[], template: LabelTemplate): Promise<Buffer> {
  const pngs: Buffer[] = [];
  for (const unit of units) pngs.push(await labelPng(unit, template));
  return sheetOf(pngs, template);
}

/** @param pngs of labelPng, of any size; @throws FACTORY_TEMPLATE where one is too large for the page */
export function sheetOf(pngs: Buffer[], template: LabelTemplate): Promise<Buffer> {
  const sizes = pngs.map((png) => {
    const { width, height } = pictureSize(png) as { width: number; height: number };
    return { width: width / PX_PER_MM, height: height / PX_PER_MM };
  });
  const { pageWidth, pageHeight, margin, gap } = template;
  const cell = {
    width: Math.max(...sizes.map(({ width }) => width)) + gap,
    height: Math.max(...sizes.map(({ height }) => height)) + gap,
  };
  const columns = Math.floor((pageWidth - 2 * margin + gap) / (cell.width - ROUNDED_MM));
  const rows = Math.floor((pageHeight - 2 * margin + gap) / (cell.height - ROUNDED_MM));
  if (columns < 1 || rows < 1)
    throw templateError(
      `no label fits a page of ${pageWidth} x ${pageHeight} mm; make the page larger or the label smaller`,
    );
  const doc = open(template);
  const pages = Math.ceil(pngs.length / (columns * rows));
  for (const [index, png] of pngs.entries()) {
    const place = index % (columns * rows);
    if (place === 0) addPage(doc, template, `page ${index / (columns * rows) + 1} of ${pages}`);
    const x = margin + (place % columns) * cell.width;
    const y = margin + Math.floor(place / columns) * cell.height;
    const { width, height } = sizes[index]!;
    doc.image(png, x * MM, y * MM, { width: width * MM, height: height * MM });
    cutMarks(doc, x, y, width, height, Math.min(MARK_MM, 0.4 * gap));
  }
  const pieces: Buffer[] = [];
  doc.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    doc.on("end", () => resolve(Buffer.concat(pieces)));
    doc.on("error", reject);
    doc.end();
  });
}

function open({ pageWidth, pageHeight }: LabelTemplate): PDFKit.PDFDocument {
  // Loaded late: a station without a printer makes no sheets.
  const PDFDocument = require("pdfkit") as typeof PDFKit;
  return new PDFDocument({
    ...{ autoFirstPage: false, margin: 0, size: [pageWidth * MM, pageHeight * MM] },
    info: { Title: "avnode labels", Creator: "avnode", CreationDate: NO_DATE, ModDate: NO_DATE },
  });
}

/** Below it a line to lay a ruler on: a printer that fits pages to its paper makes modules that no camera reads. */
function addPage(doc: PDFKit.PDFDocument, { margin, pageHeight }: LabelTemplate, number: string): void {
  doc.addPage();
  if (margin < RULER_ROOM_MM) return;
  const y = (pageHeight - margin / 2) * MM;
  const [from, to] = [margin * MM, (margin + RULER_MM) * MM];
  doc.lineWidth(0.5).moveTo(from, y).lineTo(to, y).stroke();
  const told = `${number} · print at 100 %: this line is ${RULER_MM} mm long · holds claim codes: destroy what is left over`;
  doc.fontSize(6).text(told, to + 2 * MM, y - 2, { lineBreak: false });
}

/** Outside of the corners, along both edges. */
function cutMarks(
  doc: PDFKit.PDFDocument,
  left: number,
  top: number,
  width: number,
  height: number,
  length: number,
): void {
  doc.lineWidth(0.25);
  for (const [x, outX] of [
    [left, -length],
    [left + width, length],
  ] as const)
    for (const [y, outY] of [
      [top, -length],
      [top + height, length],
    ] as const) {
      doc.moveTo(x * MM, y * MM).lineTo((x + outX) * MM, y * MM);
      doc.moveTo(x * MM, y * MM).lineTo(x * MM, (y + outY) * MM);
    }
  doc.stroke();
}
