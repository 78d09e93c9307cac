/** Which row may take the place of another in a mirror, as far as that can be seen without a key. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../protocol/bytes";
import { keyText, type Value } from "../backup/changes";
import { columnsOf, type Table } from "../backup/tables";
import { StoreError } from "../store/errors";

/** What a store writes once: another value is not its own. */
const FIXED: Record<string, string[]> = {
  epochs: ["rk"],
  recordings: ["mk"],
  logs: ["origin", "began_at"],
  certificates: ["certificate"],
  tables: ["leaves"],
  layers: ["recording", "number", "kind", "at", "log", "idx", "body"],
  analyses: ["recording", "number", "version"],
};

const isBytes = (value: Value): value is Uint8Array => value instanceof Uint8Array;
const same = (a: Value, b: Value) => (isBytes(a) && isBytes(b) ? sameBytes(a, b) : a === b);

/** @throws MIRROR_ROW when the store itself would never have written it over the one that is here */
export function checkRow(db: Database, table: Table, values: Value[]): void {
  const { name, key } = table;
  const columns = columnsOf(db, name);
  const at = (column: string) => columns.indexOf(column);
  const keyValues = key.map((column) => values[at(column)]!);
  const before = db
    .prepare(
      `SELECT ${columns.join()} FROM ${name} WHERE ${key.map((column) => `${column} = ?`).join(" AND ")}`,
    )
    .raw()
    .get(...keyValues) as Value[] | undefined;
  if (!before) return;
  const changed = columns.filter((_, i) => !same(before[i]!, values[i]!));
  const row = `${name} ${keyText(keyValues)}`;
  for (const column of FIXED[name] ?? []) {
    const erased = column === "mk" && (values[at(column)] as Uint8Array).length === 0;
    if (changed.includes(column) && !erased) throw altered(row, `${column} changed, which is written once`);
  }
  if (name === "epochs" && changed.includes("ck") && !changed.includes("ck_number"))
    throw altered(row, "its chain key changed, and its number did not");
  if (name === "analyses" && before[at("ended")] === 1 && changed.length > 0)
    throw altered(row, `${changed[0]} changed, although the analysis had ended`);
  if (changed.join() === "mac") throw altered(row, "its MAC changed, and nothing that it covers");
}

/** @throws MIRROR_ROW unless the leaf that a recording's row of the log names is here, and is that recording's */
export function checkLogged(db: Database, recording: Value, log: Value, idx: Value): void {
  const of = db.prepare("SELECT recording FROM leaves WHERE log = ? AND idx = ?").pluck().get(log, idx);
  if (of !== recording)
    throw altered(`logged ${recording}`, `leaf ${idx} of log ${log} is not of this recording`);
}

function altered(row: string, why: string): StoreError {
  return refused("MIRROR_ROW", `row ${row} was altered behind the hub's back: ${why}`);
}

export function refused(code: string, why: string): StoreError {
  return new StoreError(
    code,
    `${why}. The hub may have been broken into: nothing was taken. Keep this mirror as it is, and compare with 'avnode verify' on the hub`,
  );
}
