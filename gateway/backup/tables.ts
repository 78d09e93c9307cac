/** What a backup holds of each table, and how a row that changed is found. */
import type { Database } from "better-sqlite3";
import { StoreError } from "../store/errors";

export interface Table {
  name: string;
  key: string[];
  /**
   * whole: every row is compared, by its MAC or its content. append: rows are never changed, and within the key's other
   * columns the last one only rises. frames: those of recordings whose row changed.
   */
  kind: "whole" | "append" | "frames";
  /** Rows that the store itself forgets after a while; of every other table a row that is gone is a loss. */
  forgets?: boolean;
}

/** In the order in which they refer to each other. */
export const TABLES: Table[] = [
  { name: "meta", key: ["name"], kind: "whole" },
  { name: "people", key: ["id"], kind: "whole" },
  { name: "details", key: ["person"], kind: "whole" },
  { name: "devices", key: ["id"], kind: "whole" },
  { name: "epochs", key: ["device", "epoch"], kind: "whole" },
  { name: "recordings", key: ["key"], kind: "whole" },
  { name: "frames", key: ["recording", "sequence"], kind: "frames" },
  { name: "logs", key: ["id"], kind: "whole" },
  { name: "leaves", key: ["log", "idx"], kind: "append" },
  { name: "nodes", key: ["log", "level", "idx"], kind: "append" },
  { name: "checkpoints", key: ["log", "size"], kind: "append" },
  { name: "logged", key: ["recording"], kind: "whole" },
  { name: "certificates", key: ["hash"], kind: "whole" },
  { name: "tables", key: ["device", "tree"], kind: "whole" },
  { name: "erased", key: ["recording"], kind: "whole" },
  // What a report cites of an earlier version, no program at hand can find again. Erasure forgets it.
  { name: "analyses", key: ["id"], kind: "whole", forgets: true },
  { name: "events", key: ["id"], kind: "whole", forgets: true },
  // Erasure forgets what clinicians said.
  { name: "layers", key: ["id"], kind: "whole", forgets: true },
  // Restored without what was accepted, a hub would send it again.
  { name: "recipients", key: ["id"], kind: "whole", forgets: true },
  { name: "deliveries", key: ["id"], kind: "whole" },
  { name: "alerts", key: ["id"], kind: "whole" },
  { name: "makers", key: ["key"], kind: "whole" },
  { name: "revocations", key: ["maker"], kind: "whole" },
  // What a handheld has taken it says itself; that its owner asked for it, only the hub knows.
  { name: "updates", key: ["device"], kind: "whole", forgets: true },
  { name: "quarantine", key: ["id"], kind: "whole", forgets: true },
  { name: "refusals", key: ["device", "kind"], kind: "whole", forgets: true },
  { name: "claims", key: ["id"], kind: "whole", forgets: true },
  { name: "offers", key: ["alias"], kind: "whole", forgets: true },
];
/**
 * Where this data directory's own backups are is nothing that a backup brings back. An analysis under way that was
 * restored without its state begins anew: the state would be most of each backup, and frames come again anyway. Beats are
 * found again from the frames. Files that wait to be adopted lie beside the database.
 */
const LOCAL = ["backups", "resumes", "beats", "adoptions"];

export function tableOf(name: string): Table {
  const table = TABLES.find((known) => known.name === name);
  if (!table)
    throw new StoreError(
      "BACKUP_TABLE",
      `no table ${name} belongs into a backup: use one avnode on both sides`,
    );
  return table;
}

export function columnsOf(db: Database, table: string): string[] {
  return db.prepare("SELECT name FROM pragma_table_info(?) ORDER BY cid").pluck().all(table) as string[];
}

/** A table that nobody listed above would silently be missing from every backup. @throws BACKUP_TABLE */
export function checkTables(db: Database): void {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  for (const name of names) if (!LOCAL.includes(name) && !name.startsWith("sqlite_")) tableOf(name);
}
