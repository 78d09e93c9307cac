/** What the log says of batches; it was verified as the station was opened. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { newestFirst } from "./log";
import type { Station } from "./station";
import { decodeUnitLine } from "./unitline";

/**
 * What is seen of a unit later stands beside its pass, whatever the station makes by then.
 * @returns the station's own for an identity of which nothing was logged yet
 */
export function batchOf(db: Database, { batch }: Station, device: Uint8Array): string {
  for (const leaf of newestFirst(db)) {
    const line = decodeUnitLine(leaf);
    if (line.device && sameBytes(line.device, device)) return line.batch;
  }
  return batch;
}

/** How many chips passed in it. */
export function passedOfBatch(db: Database, batch: string): number {
  const chips = new Set<string>();
  for (const leaf of newestFirst(db)) {
    const line = decodeUnitLine(leaf);
    if (line.outcome === "PASS" && line.batch === batch) chips.add(line.chip);
  }
  return chips.size;
}
