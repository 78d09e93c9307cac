/** What an owner calls her handhelds: written to the sealed row itself, whether a hub runs or not. */
import type { Database } from "better-sqlite3";
import { toHex } from "../../protocol/bytes";
import { DEVICE_COLUMNS, type DeviceRow } from "./devices";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { SealedTable } from "./rows";

/** Fits a column of `avnode devices`. */
export const MAX_NAME_LENGTH = 24;

/**
 * @param abbreviation the first characters of its id in hex, as many as tell it from the others
 * @param name "" takes the name away
 * @returns the id in hex
 * @throws DEVICE_NAME, STORE_UNKNOWN_DEVICE, STORE_AMBIGUOUS_DEVICE, STORE_ALTERED
 */
export function nameDevice(db: Database, keyring: Keyring, abbreviation: string, name: string): string {
  const said = name.trim().normalize("NFC");
  // Control and formatting characters would draw over the terminal, or over the names beside it.
  if ([...said].length > MAX_NAME_LENGTH || /[\p{C}\p{Zl}\p{Zp}]/u.test(said))
    throw new StoreError(
      "DEVICE_NAME",
      `a name has at most ${MAX_NAME_LENGTH} characters, all of them visible: choose another`,
    );
  const devices = new SealedTable<DeviceRow>(db, keyring, "devices", DEVICE_COLUMNS, 1);
  return db
    .transaction(() => {
      const rows = db.prepare("SELECT * FROM devices").all() as DeviceRow[];
      const whole = wholeId(
        rows.map(({ id }) => toHex(id)),
        abbreviation,
      );
      const row = rows.find(({ id }) => toHex(id) === whole)!;
      // Sealing it again would hide that.
      if (!devices.intact(row))
        throw new StoreError(
          "STORE_ALTERED",
          `not named: the row of handheld ${toHex(row.id)} is not as this store wrote it; see 'avnode verify'`,
        );
      row.name = said === "" ? null : said;
      devices.update(row);
      return toHex(row.id);
    })
    .immediate();
}

/**
 * @param ids of all handhelds, in hex
 * @param abbreviation the first characters of one
 * @throws STORE_UNKNOWN_DEVICE, STORE_AMBIGUOUS_DEVICE
 */
export function wholeId(ids: string[], abbreviation: string): string {
  const start = abbreviation.toLowerCase();
  const found = ids.filter((id) => id.startsWith(start));
  if (found.length === 1 && start !== "") return found[0]!;
  if (found.length === 0)
    throw new StoreError("STORE_UNKNOWN_DEVICE", `no handheld ${start} here: 'avnode devices' lists them`);
  throw new StoreError(
    "STORE_AMBIGUOUS_DEVICE",
    `${found.length} handhelds begin with '${start}': give more characters of the id`,
  );
}
