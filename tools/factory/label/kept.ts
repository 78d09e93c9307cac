/**
 * The labels that a station made: beside each picture what it is of, and a hash of its claim code, by which a scanned one
 * is known after its picture is gone. The code itself is in the picture alone: 16 random bytes, which no hash gives away.
 * So the picture lies sealed, but for a simulated unit's, whose code opens nothing.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Placed, saveFiles } from "../../../gateway/export/save";
import { toHex } from "../../../protocol/bytes";
import { DeviceClass } from "../../../protocol/certificate";
import { FactoryFailure } from "../failure";
import type { SecretBox } from "../keys";
import { type LabelUnit, labelPng } from "./png";
import type { LabelTemplate } from "./template";

const keptSchema = z.strictObject({
  serial: z.string(),
  device: z.string(),
  board: z.string(),
  batch: z.string(),
  deviceClass: z.number(),
  codeHash: z.string(),
});

export type KeptLabel = z.infer<typeof keptSchema>;

/** Of a picture, in the clear and not. */
const CLEAR = "png";
const SEALED = "sealed";
/** It names files. */
const SERIAL = /^\w[\w.-]{0,39}$/;

export const labelsFolder = (station: string) => join(station, "labels");

/** Makes a unit's label, in the place of an older one. @returns the picture; @throws FACTORY_*, EXPORT_WRITE */
export async function keepLabel(
  station: string,
  unit: LabelUnit,
  template: LabelTemplate,
  box: SecretBox,
): Promise<Buffer> {
  const { serial, device, board, batch, deviceClass, claimCode } = unit;
  const png = await labelPng(unit, template);
  const kept: KeptLabel = {
    ...{ serial, device: toHex(device), board, batch, deviceClass },
    codeHash: hashOf(claimCode),
  };
  mkdirSync(labelsFolder(station), { recursive: true, mode: 0o700 });
  const picture =
    deviceClass === DeviceClass.simulated
      ? placed(station, serial, CLEAR, png)
      : placed(station, serial, SEALED, box.seal(png, placeOf(serial)));
  saveFiles([picture, placed(station, serial, "json", JSON.stringify(kept))]);
  return png;
}

export function hasPicture(station: string, serial: string): boolean {
  return [CLEAR, SEALED].some((ending) => existsSync(pathOf(station, serial, ending)));
}

/** Whether a box is needed for its picture. */
export function isSealed(station: string, serial: string): boolean {
  return existsSync(pathOf(station, serial, SEALED));
}

/** @param box of the station, for what is sealed; @throws FACTORY_LABEL where there is none any more, or never was; FACTORY_SECRET */
export function keptPicture(station: string, serial: string, box: SecretBox | undefined): Buffer {
  const path = pathOf(station, serial, CLEAR);
  if (existsSync(path)) return readFileSync(path);
  if (box && isSealed(station, serial))
    return Buffer.from(box.open(readFileSync(pathOf(station, serial, SEALED)), placeOf(serial)));
  const known = existsSync(pathOf(station, serial, "json"));
  throw labelFailure(
    known
      ? `the picture of ${serial}'s label was erased, and the station keeps no claim code: after 'avnode factory give-up' the unit comes again as new, and gets another one`
      : `no label of ${serial} was made here: name serial numbers as they stand in ${labelsFolder(station)}`,
  );
}

/** Serial numbers of which there is still a picture, in order. */
export function keptPictures(station: string): string[] {
  return [...new Set([...namesIn(station, CLEAR), ...namesIn(station, SEALED)])].sort();
}

export function erasePicture(station: string, serial: string): void {
  for (const ending of [CLEAR, SEALED]) rmSync(pathOf(station, serial, ending), { force: true });
}

/** Whose label holds this code; undefined where it is none of this station's. */
export function whoseLabel(station: string, claimCode: Uint8Array): KeptLabel | undefined {
  const hash = hashOf(claimCode);
  return namesIn(station, "json")
    .map((serial) => keptSchema.parse(JSON.parse(readFileSync(pathOf(station, serial, "json"), "utf8"))))
    .find(({ codeHash }) => codeHash === hash);
}

function namesIn(station: string, ending: string): string[] {
  const folder = labelsFolder(station);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(`.${ending}`));
  return names.map((name) => name.slice(0, -ending.length - 1)).sort();
}

function placed(station: string, serial: string, ending: string, content: Uint8Array | string): Placed {
  const path = pathOf(station, serial, ending);
  return { file: { name: `${serial}.${ending}`, pieces: () => [Buffer.from(content as string)] }, path };
}

function pathOf(station: string, serial: string, ending: string): string {
  if (!SERIAL.test(serial))
    throw labelFailure(`'${serial}' is no serial number: letters, digits, '.', '_' and '-', 40 at most`);
  return join(labelsFolder(station), `${serial}.${ending}`);
}

const placeOf = (serial: string) => `the label of ${serial}`;

function hashOf(claimCode: Uint8Array): string {
  return createHash("sha256").update("avnode/label/v1\0").update(claimCode).digest("hex");
}

function labelFailure(message: string): FactoryFailure {
  return new FactoryFailure("FACTORY_LABEL", message);
}
