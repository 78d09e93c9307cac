/** What a store has that a copy lacks: the one way in which a backup and a mirror learn of changes. */

import { hash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { addRun, type Runs } from "../store/runs";
import { columnsOf, TABLES, type Table } from "./tables";

export type Value = number | string | null | Uint8Array;

/** What a copy says that it has. Keys are the JSON of the key columns. */
export interface Have {
  /** Of whole tables: digest by key. */
  digests: Record<string, Map<string, string>>;
  /** Of append tables: the last key column's highest value by the ones before it. */
  ends: Record<string, Map<string, number>>;
}

export interface Changes {
  rows: { table: Table; values: Value[] }[];
  removed: { table: Table; key: Value[] }[];
  /** Keys of recordings whose row is new or changed and that still have frames. */
  recordings: number[];
}

const DIGEST_CHARS = 22;

/** Blobs as hex: equal rows give equal text in every process. */
function textOf(values: Value[]): string {
  return JSON.stringify(
    values.map((value) => (value instanceof Uint8Array ? [Buffer.from(value).toString("hex")] : value)),
  );
}

export function keyText(values: Value[]): string {
  return textOf(values);
}

export function keyValues(text: string): Value[] {
  return (JSON.parse(text) as (Value | [string])[]).map((value) =>
    Array.isArray(value) ? Buffer.from(value[0], "hex") : value,
  );
}

/** By its MAC, where it has one: a row edited behind the store's back then does not replace a good copy. */
function digestOf(columns: string[], values: Value[]): string {
  const mac = columns.indexOf("mac");
  const seen =
    mac < 0
      ? hash("sha256", textOf(values), "base64")
      : Buffer.from(values[mac] as Uint8Array).toString("base64");
  return seen.slice(0, DIGEST_CHARS);
}

function select(db: Database, table: Table): { columns: string[]; rows: Iterable<Value[]> } {
  const columns = columnsOf(db, table.name);
  const order = table.key.join();
  const rows = db.prepare(`SELECT ${columns.join()} FROM ${table.name} ORDER BY ${order}`).raw().iterate();
  return { columns, rows: rows as Iterable<Value[]> };
}

function endsOf(db: Database, { name, key }: Table): Map<string, number> {
  const last = key[key.length - 1]!;
  const before = key.slice(0, -1);
  const columns = [...before, `max(${last})`].join();
  const group = before.length > 0 ? ` GROUP BY ${before.join()}` : "";
  const rows = db.prepare(`SELECT ${columns} FROM ${name}${group}`).raw().all() as Value[][];
  return new Map(
    rows
      .filter((row) => row[before.length] !== null)
      .map((row) => [keyText(row.slice(0, -1)), row[before.length] as number]),
  );
}

/** What this database has, for whoever compares it with another. */
export function haveOf(db: Database): Have {
  const have: Have = { digests: {}, ends: {} };
  for (const table of TABLES) {
    if (table.kind === "append") have.ends[table.name] = endsOf(db, table);
    if (table.kind !== "whole") continue;
    const digests = new Map<string, string>();
    const { columns, rows } = select(db, table);
    const at = table.key.map((name) => columns.indexOf(name));
    for (const row of rows) digests.set(keyText(at.map((i) => row[i]!)), digestOf(columns, row));
    have.digests[table.name] = digests;
  }
  return have;
}

/** The sequences that are held of a recording. */
export function runsOf(db: Database, recording: number): Runs {
  const runs: Runs = [];
  const sequences = db.prepare("SELECT sequence FROM frames WHERE recording = ? ORDER BY sequence").pluck();
  for (const sequence of sequences.iterate(recording) as Iterable<number>) addRun(runs, sequence, 1);
  return runs;
}

/** The sequences that are held of every recording, without reading a frame into memory. */
export function allRuns(db: Database): Map<number, Runs> {
  const edges = db
    .prepare(
      `SELECT recording, sequence, before IS NULL OR before < sequence - 1 FROM (
         SELECT recording, sequence, lag(sequence) OVER own AS before, lead(sequence) OVER own AS after
         FROM frames WINDOW own AS (PARTITION BY recording ORDER BY sequence)
       ) WHERE before IS NULL OR before < sequence - 1 OR after IS NULL OR after > sequence + 1`,
    )
    .raw();
  const all = new Map<number, Runs>();
  for (const [recording, sequence, begins] of edges.iterate() as Iterable<[number, number, 0 | 1]>) {
    const runs = all.get(recording) ?? [];
    if (begins) runs.push({ from: sequence, length: 1 });
    const run = runs[runs.length - 1]!;
    run.length = sequence - run.from + 1;
    all.set(recording, runs);
  }
  return all;
}

/** Everything but frames that `have` lacks; `have` then has it. Within a transaction of the caller, for one snapshot. */
export function changesFor(db: Database, have: Have): Changes {
  const changes: Changes = { rows: [], removed: [], recordings: [] };
  for (const table of TABLES) {
    const { name, kind } = table;
    if (kind === "whole") {
      have.digests[name] ??= new Map();
      whole(db, table, have.digests[name], changes);
    } else if (kind === "append") {
      have.ends[name] ??= new Map();
      appended(db, table, have.ends[name], changes);
    }
  }
  return changes;
}

function whole(db: Database, table: Table, digests: Map<string, string>, changes: Changes): void {
  const { columns, rows } = select(db, table);
  const at = table.key.map((name) => columns.indexOf(name));
  const erasable = table.name === "recordings" ? columns.indexOf("mk") : -1;
  const gone = new Set(digests.keys());
  for (const values of rows) {
    const key = keyText(at.map((i) => values[i]!));
    const digest = digestOf(columns, values);
    gone.delete(key);
    if (digests.get(key) === digest) continue;
    digests.set(key, digest);
    changes.rows.push({ table, values });
    if (erasable >= 0 && (values[erasable] as Uint8Array).length > 0)
      changes.recordings.push(values[at[0]!] as number);
  }
  for (const key of gone) {
    digests.delete(key);
    changes.removed.push({ table, key: keyValues(key) });
  }
}

function appended(db: Database, table: Table, ends: Map<string, number>, changes: Changes): void {
  const before = table.key.slice(0, -1);
  const last = table.key[table.key.length - 1]!;
  const columns = columnsOf(db, table.name);
  for (const [prefix, end] of endsOf(db, table)) {
    const from = ends.get(prefix) ?? -1;
    if (end <= from) continue;
    const where = [...before.map((name) => `${name} = ?`), `${last} > ?`].join(" AND ");
    const values = JSON.parse(prefix) as Value[];
    const rows = db
      .prepare(`SELECT ${columns.join()} FROM ${table.name} WHERE ${where} ORDER BY ${last}`)
      .raw()
      .all(...values, from) as Value[][];
    for (const row of rows) changes.rows.push({ table, values: row });
    ends.set(prefix, rows[rows.length - 1]![columns.indexOf(last)] as number);
  }
}

export interface FrameCopy {
  sequence: number;
  type: number;
  frame: Uint8Array;
}

/** The frames of a recording outside of `runs`, ascending; `runs` then has them. */
export function* framesBeyond(db: Database, recording: number, runs: Runs): Generator<FrameCopy> {
  const holes: { from: number; to: number }[] = [];
  let from = 0;
  for (const run of runs) {
    if (run.from > from) holes.push({ from, to: run.from - 1 });
    from = run.from + run.length;
  }
  holes.push({ from, to: 0xffffffff });
  const rows = db.prepare(
    "SELECT sequence, type, frame FROM frames WHERE recording = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
  );
  for (const hole of holes) {
    for (const row of rows.iterate(recording, hole.from, hole.to) as Iterable<FrameCopy>) {
      addRun(runs, row.sequence, 1);
      yield row;
    }
  }
}
