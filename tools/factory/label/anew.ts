/** What the journal says of labels: whose are wanted still, and the claim codes of units that wait for their scan. */
import type { Bench } from "../bench";
import { openJournalToRead, type UnitRow } from "../journal";
import { identityOf } from "../provisioning";
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

/** Makes the label of a unit that waits for its scan. @returns the picture; @throws FACTORY_*, EXPORT_WRITE */
export function labelAnew(dir: string, unit: UnitRow, box: Bench["box"]): Promise<Buffer> {
  const { device, serial, secrets } = identityOf({ box }, unit)!;
  secrets.seed.fill(0);
  const station = readStation(dir);
  const { board, batch } = station;
  const { claimCode } = secrets;
  return keepLabel(
    dir,
    { device, serial, claimCode, board, batch, deviceClass: classOf(station) },
    templateOf(dir),
    box,
  );
}
