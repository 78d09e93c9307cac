/** An analysis that a process beside the one that writes asks for: a row that has taken nothing yet, unless there is one. */
import type { Database } from "better-sqlite3";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import { SealedTable } from "../rows";
import { BeatRows } from "./beats";
import { ANALYSIS_COLUMNS, type AnalysisRow, analysisBody, CAN_GO_ON, newAnalysis } from "./rows";
import type { AnalysedLead } from "./types";

/**
 * However many ask, by this version it is analysed once: who comes later is given the number of what was asked for, is
 * under way or has ended. One that was altered, or of which beats are gone, is none.
 * @param id of the recording @returns its number @throws STORE_NO_OPEN; errors of SQLite
 */
export function fileAnalysis(
  db: Database,
  keyring: Keyring,
  id: string,
  version: string,
  lead: AnalysedLead | undefined,
): number {
  if (!lead)
    throw new StoreError("STORE_NO_OPEN", `recording ${id} cannot be analysed: its open frame is not here`);
  const table = new SealedTable<AnalysisRow>(db, keyring, "analyses", ANALYSIS_COLUMNS, 1);
  return db
    .transaction(() => {
      const key = db.prepare("SELECT key FROM recordings WHERE id = ?").pluck().get(id) as number;
      const known = db
        .prepare(
          `SELECT analyses.* FROM analyses LEFT JOIN resumes ON analysis = id
           WHERE recording = ? AND version = ? AND (ended = 1 OR ${CAN_GO_ON}) ORDER BY number DESC`,
        )
        .all(key, version) as AnalysisRow[];
      const beats = new BeatRows(db, keyring);
      const intact = known.find(
        (row) => table.intact(row) && beats.areWhole(row.id, analysisBody(keyring, row).summary),
      );
      if (intact) return intact.number;
      const row = newAnalysis(db, keyring, key, version, lead);
      table.insert(row);
      return row.number;
    })
    .immediate();
}
