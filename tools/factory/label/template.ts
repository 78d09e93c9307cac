/** How large a station's labels are, and the sheets that they are printed on. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FactoryFailure } from "../failure";

const mm = (least: number, most: number) => z.number().min(least).max(most);

/** Millimetres, all of it. By default 24 labels to a sheet of A4; on a roll the page is the label, without a margin. */
export const templateSchema = z.strictObject({
  width: mm(40, 200).default(60),
  height: mm(20, 200).default(30),
  /** Of the QR code: cameras of telephones want half a millimetre at least. */
  module: mm(0.5, 2).default(0.6),
  pageWidth: mm(40, 500).default(210),
  pageHeight: mm(20, 500).default(297),
  /** Round the page, where printers do not print; a line to measure stands in the lower one, if it has room for it. */
  margin: mm(0, 50).default(10),
  /** Between two labels. */
  gap: mm(0, 20).default(4),
});

export type LabelTemplate = z.infer<typeof templateSchema>;

/** @throws FACTORY_TEMPLATE */
export function labelTemplate(value: unknown = {}): LabelTemplate {
  const result = templateSchema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue];
  throw templateError(`${path.join(".") || "it"}: ${message}; correct it`);
}

export function templateError(why: string): FactoryFailure {
  return new FactoryFailure("FACTORY_TEMPLATE", `cannot use the label template: ${why}`);
}

/** Of a station's folder; as it is by default where the maker has written none. @throws FACTORY_TEMPLATE */
export function templateOf(station: string): LabelTemplate {
  const path = join(station, "label.json");
  if (!existsSync(path)) return labelTemplate();
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw templateError(`${path} is no JSON (${(error as Error).message}); correct it`);
  }
  return labelTemplate(value);
}
