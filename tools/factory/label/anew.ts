/** Labels by what the journal holds: whose are wanted still, and those of units that wait for their scan. */
import type { Bench } from "../bench";
import { openJournalToRead, type UnitRow } from "../journal";
import { type Identified, identityOf } from "../provisioning";
import { classOf, readStation } from "../station";
import { keepLabel } from "./kept";
import { templateOf } from "./template";

/** By serial number, which no identity that was given up has any more. @throws FACTORY_JOURNAL */
export function unitsBySerial(station: string): Map<string, UnitRow> {
  const db = openJournalToRead(station);
  try {
    const rows = db.prepare("SELECT * FROM units WHERE serial IS NOT NULL").all() as UnitRow[];
    return new Map(rows.map((row) => [row.serial!, row]));
  } finally {
    db.close();
  }
}

/** Only its label is left to be done: the journal holds its claim code, sealed. */
export const waitsForScan = (unit: UnitRow | undefined) => unit?.state === "locked";

/** @returns its picture, which is kept; @throws FACTORY_LABEL, FACTORY_TEMPLATE, EXPORT_WRITE */
export function labelOf(
  { dir, station, box }: Pick<Bench, "dir" | "station" | "box">,
  { device, serial, secrets: { claimCode } }: Identified,
): Promise<Buffer> {
  const { board, batch } = station;
  const unit = { device, claimCode, serial, board, batch, deviceClass: classOf(station) };
  return keepLabel(dir, unit, templateOf(dir), box);
}

/** Makes the label of a unit that waits for its scan. @returns the picture; @throws FACTORY_*, EXPORT_WRITE */
export function labelAnew(dir: string, unit: UnitRow, box: Bench["box"]): Promise<Buffer> {
  const identified = identityOf({ box }, unit)!;
  identified.secrets.seed.fill(0);
  return labelOf({ dir, station: readStation(dir), box }, identified);
}
