/** Of which batch a unit is: what is seen of it later stands beside its pass, whatever the station makes by then. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { newestFirst } from "./log";
import type { Station } from "./station";
import { decodeUnitLine } from "./unitline";

/** @returns the station's own for an identity of which nothing was logged yet */
export function batchOf(db: Database, { batch }: Station, device: Uint8Array): string {
  for (const leaf of newestFirst(db)) {
    const line = decodeUnitLine(leaf);
    if (line.device && sameBytes(line.device, device)) return line.batch;
  }
  return batch;
}
