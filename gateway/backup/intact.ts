/** Which rows of a database are not as its store sealed them: what a copy must not take over a good one. */
import type { Database } from "better-sqlite3";
import { ALERT_COLUMNS } from "../store/alertrows";
import { DEVICE_COLUMNS, EPOCH_COLUMNS } from "../store/devices";
import { ANALYSIS_COLUMNS, EVENT_COLUMNS } from "../store/findings/rows";
import type { Keyring } from "../store/keyring";
import { LAYER_COLUMNS } from "../store/layers/rows";
import { LOG_COLUMNS } from "../store/log/appender";
import { LOGGED_COLUMNS } from "../store/log/logged";
import { Meta } from "../store/meta";
import { DELIVERY_COLUMNS, RECIPIENT_COLUMNS } from "../store/outbox/rows";
import { DETAIL_COLUMNS } from "../store/people";
import { MAKER_COLUMNS } from "../store/pinned";
import { RECORDING_COLUMNS } from "../store/recordings";
import { REVOCATION_COLUMNS } from "../store/revocations";
import { type Sealed, SealedTable } from "../store/rows";
import { UPDATE_COLUMNS } from "../store/updates";
import { keyText, type Value } from "./changes";
import { tableOf } from "./tables";

/** Columns under the MAC, the key's first. */
const SEALED: Record<string, string[]> = {
  people: ["id", "name"],
  details: DETAIL_COLUMNS,
  devices: DEVICE_COLUMNS,
  epochs: EPOCH_COLUMNS,
  recordings: RECORDING_COLUMNS,
  logs: LOG_COLUMNS,
  logged: LOGGED_COLUMNS,
  analyses: ANALYSIS_COLUMNS,
  events: EVENT_COLUMNS,
  layers: LAYER_COLUMNS,
  recipients: RECIPIENT_COLUMNS,
  deliveries: DELIVERY_COLUMNS,
  alerts: ALERT_COLUMNS,
  makers: MAKER_COLUMNS,
  revocations: REVOCATION_COLUMNS,
  updates: UPDATE_COLUMNS,
};

/** By table: the keys, as text, of its rows whose MAC does not hold. */
export function alteredRows(db: Database, keyring: Keyring): Map<string, Set<string>> {
  const altered = new Map([
    ["meta", new Set(new Meta(db, keyring).altered().map((name) => keyText([name])))],
  ]);
  for (const [name, columns] of Object.entries(SEALED)) {
    const { key } = tableOf(name);
    const table = new SealedTable<Sealed & Record<string, Value>>(
      db,
      keyring,
      name,
      columns as never[],
      key.length,
    );
    const keys = new Set<string>();
    const rows = db.prepare(`SELECT * FROM ${name}`).iterate() as Iterable<Sealed & Record<string, Value>>;
    for (const row of rows) if (!table.intact(row)) keys.add(keyText(key.map((column) => row[column]!)));
    altered.set(name, keys);
  }
  return altered;
}
