/** One unit's label as a picture of 300 dots per inch: the QR that claims it, and what it holds as text. */
import { qrCode } from "../../../gateway/document/qr";
import { Canvas } from "../../../gateway/report/canvas";
import { toHex } from "../../../protocol/bytes";
import { DeviceClass } from "../../../protocol/certificate";
import { claimQr, encodeClaimCode } from "../../../protocol/claim";
import { type LabelTemplate, templateError } from "./template";

export interface LabelUnit {
  device: Uint8Array;
  /** Secret: it stands on the label and nowhere else. */
  claimCode: Uint8Array;
  serial: string;
  board: string;
  batch: string;
  deviceClass: number;
}

/** 300 to the inch, as most label printers have it. */
export const PX_PER_MM = 300 / 25.4;
/** ISO/IEC 18004, 6.3.8: white on every side. */
const QUIET_MODULES = 4;
const MIN_TEXT_MM = 18;
const BLACK = [0, 0, 0] as const;
const WHITE = [255, 255, 255] as const;
/** What no locked unit is, in words that nobody overlooks. */
const MARKS: Partial<Record<number, string>> = {
  [DeviceClass.dev!]: "DEVELOPER UNIT: NOT LOCKED",
  [DeviceClass.simulated!]: "SIMULATED: NO REAL HANDHELD",
};

/** @returns the same bytes for the same unit and template; @throws FACTORY_TEMPLATE */
export async function labelPng(unit: LabelUnit, template: LabelTemplate): Promise<Buffer> {
  // A quarter of it may be dirty or scratched.
  const qr = await qrCode(claimQr(unit.claimCode), "Q");
  const module = Math.ceil(template.module * PX_PER_MM);
  const side = (qr.size + 2 * QUIET_MODULES) * module;
  const canvas = new Canvas(Math.round(template.width * PX_PER_MM), Math.round(template.height * PX_PER_MM));
  const mark = MARKS[unit.deviceClass];
  const band = mark === undefined ? 0 : Math.round(4 * PX_PER_MM);
  const height = canvas.height - band;
  if (side > height || canvas.width - side < MIN_TEXT_MM * PX_PER_MM)
    throw templateError(
      `its QR of ${(side / PX_PER_MM).toFixed(1)} mm leaves no room on ${template.width} x ${template.height} mm; make the label larger or its module smaller`,
    );
  const top = Math.floor((height - side) / 2);
  for (let row = 0; row < qr.size; row++)
    for (let column = 0; column < qr.size; column++)
      if (qr.isDark(row, column)) {
        const [x, y] = [QUIET_MODULES + column, QUIET_MODULES + row];
        canvas.rectangle(x * module, top + y * module, module, module, BLACK);
      }
  writeText(canvas, unit, side, height);
  if (mark !== undefined) {
    canvas.rectangle(0, height, canvas.width, band, BLACK);
    writeWithin(canvas, mark, QUIET_MODULES * module, height + 0.78 * band, canvas.width, 0.75 * band, WHITE);
  }
  return canvas.png(Math.round(PX_PER_MM * 1000));
}

/** Right of the QR, from top to bottom. */
function writeText(canvas: Canvas, unit: LabelUnit, left: number, height: number): void {
  const groups = encodeClaimCode(unit.claimCode).split(" ");
  const code = [groups.slice(0, 3), groups.slice(3, 6), groups.slice(6)].map((line) => line.join(" "));
  // How large each is beside the others.
  const lines: [string, number][] = [
    ["avnode claim code", 0.6],
    ...code.map((line): [string, number] => [line, 1]),
    [`S/N ${unit.serial}`, 0.9],
    [`ID ${toHex(unit.device)}`, 0.7],
    [`${unit.board} · batch ${unit.batch}`, 0.7],
    ["Whoever holds this code and the", 0.55],
    ["unit can claim it: keep it covered.", 0.55],
  ];
  const unitHeight = (0.92 * height) / (1.25 * lines.reduce((sum, [, size]) => sum + size, 0));
  let y = 0.04 * height;
  for (const [text, size] of lines) {
    y += 1.25 * size * unitHeight;
    writeWithin(canvas, text, left, y - 0.2 * size * unitHeight, canvas.width, size * unitHeight, BLACK);
  }
}

/** As large as it may be, or as it has room for. */
function writeWithin(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  right: number,
  size: number,
  colour: typeof BLACK | typeof WHITE,
): void {
  const room = right - x - PX_PER_MM;
  canvas.text(text, x, y, Math.min(size, (size * room) / canvas.widthOf(text, size)), colour);
}
