/** The database's form, as numbered steps: a step once released is never edited. */
import SQLite, { type Database } from "better-sqlite3";
import { StoreError } from "./errors";
import { CHECKPOINTS_FORM, NODES_FORM } from "./log/form";

/** "avno" */
const APPLICATION_ID = 0x61766e6f;

interface Migration {
  /** The first avnode that reads the result. */
  since: string;
  sql: string;
  /** What the step counts from, in meta. */
  meta?: [name: string, value: string][];
}

const MIGRATIONS: Migration[] = [
  {
    since: "0.1.0",
    sql: `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, mac BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mac BLOB NOT NULL);

-- One row per handheld; person is the owner of its next recordings.
CREATE TABLE devices (
  id BLOB PRIMARY KEY, certificate BLOB NOT NULL, alias BLOB NOT NULL UNIQUE, epoch INTEGER NOT NULL,
  claims INTEGER NOT NULL, claimed_at INTEGER NOT NULL, name TEXT, person INTEGER REFERENCES people (id),
  contact_at INTEGER, status TEXT, mac BLOB NOT NULL
) WITHOUT ROWID;

-- One row per ownership of a handheld: the keys as they stand, and how many recordings it has.
CREATE TABLE epochs (
  device BLOB NOT NULL REFERENCES devices (id), epoch INTEGER NOT NULL, rk BLOB NOT NULL,
  ck BLOB NOT NULL, ck_number INTEGER NOT NULL, recordings INTEGER NOT NULL, mac BLOB NOT NULL,
  PRIMARY KEY (device, epoch)
) WITHOUT ROWID;

-- missing: runs of sequences below next that are neither held nor declared lost. gaps: runs of samples declared lost.
CREATE TABLE recordings (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, device BLOB NOT NULL, epoch INTEGER NOT NULL,
  number INTEGER NOT NULL, mk BLOB NOT NULL, next INTEGER NOT NULL, held INTEGER NOT NULL, closed_at INTEGER,
  samples INTEGER NOT NULL, missing TEXT NOT NULL, gaps TEXT NOT NULL, flags INTEGER NOT NULL,
  person INTEGER REFERENCES people (id), first_at INTEGER, last_at INTEGER, mac BLOB NOT NULL,
  UNIQUE (device, epoch, number)
);

CREATE TABLE frames (
  recording INTEGER NOT NULL REFERENCES recordings (key), sequence INTEGER NOT NULL, type INTEGER NOT NULL,
  frame BLOB NOT NULL, PRIMARY KEY (recording, sequence)
) WITHOUT ROWID;
-- Opens, drops, marks and closes: few among many, and asked for alone.
CREATE INDEX rare_frames ON frames (recording, type) WHERE type <> 2;

-- Frames that contradict a stored one.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, recording INTEGER NOT NULL, sequence INTEGER NOT NULL, frame BLOB NOT NULL,
  at INTEGER NOT NULL
);

CREATE TABLE refusals (
  device TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL,
  PRIMARY KEY (device, kind)
) WITHOUT ROWID;

CREATE TABLE claims (
  id INTEGER PRIMARY KEY, code BLOB NOT NULL, person TEXT, filed_at INTEGER NOT NULL, state TEXT NOT NULL,
  device BLOB, detail TEXT
);

-- A root is here before it is sent: its handheld may keep it although we never hear the answer.
CREATE TABLE offers (
  alias BLOB PRIMARY KEY, claim INTEGER NOT NULL REFERENCES claims (id), hello_alias BLOB NOT NULL,
  epoch INTEGER NOT NULL, root BLOB NOT NULL, made_at INTEGER NOT NULL
) WITHOUT ROWID;
`,
  },
  {
    since: "0.2.0",
    meta: [["logs", "0"]],
    sql: `
-- One row per log: a restored or promoted store begins another. size: leaves so far.
CREATE TABLE logs (
  id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, began_at INTEGER NOT NULL, size INTEGER NOT NULL,
  mac BLOB NOT NULL
);

-- Canonical CBOR (protocol/manifest.ts). recording: the row that the leaf is about, NULL for an origin.
CREATE TABLE leaves (
  log INTEGER NOT NULL REFERENCES logs (id), idx INTEGER NOT NULL, recording INTEGER, leaf BLOB NOT NULL,
  PRIMARY KEY (log, idx)
) WITHOUT ROWID;
CREATE INDEX leaves_of ON leaves (recording) WHERE recording IS NOT NULL;

${NODES_FORM}${CHECKPOINTS_FORM}
-- Where a recording's newest leaf stands, and how far it goes: the next one goes on from there.
CREATE TABLE logged (
  recording INTEGER PRIMARY KEY REFERENCES recordings (key), log INTEGER NOT NULL, idx INTEGER NOT NULL,
  final INTEGER NOT NULL, frames INTEGER NOT NULL, chain BLOB NOT NULL, samples INTEGER NOT NULL,
  lost TEXT NOT NULL, mac BLOB NOT NULL
);

-- Certificates that leaves name by their SHA-256, also those that a later claim replaced.
CREATE TABLE certificates (hash BLOB PRIMARY KEY, certificate BLOB NOT NULL) WITHOUT ROWID;

-- Public LMS leaf hashes of a handheld's signing trees, proven by the roots in its certificate.
CREATE TABLE tables (
  device BLOB NOT NULL, tree INTEGER NOT NULL, leaves BLOB NOT NULL, PRIMARY KEY (device, tree)
) WITHOUT ROWID;

-- Erasure leaves say the same.
CREATE TABLE erased (
  recording INTEGER PRIMARY KEY REFERENCES recordings (key), at INTEGER NOT NULL, by TEXT NOT NULL
);

CREATE TABLE backups (
  place TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, verified_at INTEGER, ok INTEGER NOT NULL,
  detail TEXT
) WITHOUT ROWID;
`,
  },
  {
    since: "0.3.0",
    sql: `
-- One row per analysis of a recording's lead by a version; nothing of it changes once it has ended.
-- next, samples: the first frame and sample that it has not taken. body: what it says, sealed (findings/analyses.ts).
CREATE TABLE analyses (
  id INTEGER PRIMARY KEY, recording INTEGER NOT NULL REFERENCES recordings (key), number INTEGER NOT NULL,
  lead INTEGER NOT NULL, version TEXT NOT NULL, next INTEGER NOT NULL, samples INTEGER NOT NULL,
  ended INTEGER NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL, UNIQUE (recording, number)
);

-- All that an analysis under way knows, sealed, as of its row's next.
CREATE TABLE resumes (analysis INTEGER PRIMARY KEY REFERENCES analyses (id), state BLOB NOT NULL);

-- Episodes of one kind of one handheld that lie near each other, sealed (findings/events.ts).
CREATE TABLE events (id INTEGER PRIMARY KEY, device BLOB NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL);
`,
  },
  {
    since: "0.4.0",
    sql: `
-- What an owner notes of a person, sealed (people.ts). people.name stays what leaves commit to.
CREATE TABLE details (person INTEGER PRIMARY KEY REFERENCES people (id), body BLOB NOT NULL, mac BLOB NOT NULL);

-- What was said beside a recording, sealed (layers/rows.ts): written once. log, idx: the leaf that says so, whose own
-- row names no recording, because it is not what the log says of the recording itself.
CREATE TABLE layers (
  id INTEGER PRIMARY KEY, recording INTEGER NOT NULL REFERENCES recordings (key), number INTEGER NOT NULL,
  kind TEXT NOT NULL, at INTEGER NOT NULL, log INTEGER NOT NULL, idx INTEGER NOT NULL, body BLOB NOT NULL,
  mac BLOB NOT NULL, UNIQUE (recording, number)
);
`,
  },
  {
    since: "0.5.0",
    sql: `
-- Beats that an analysis found, a sealed batch for each of its steps (findings/beats.ts), numbered from 1.
CREATE TABLE beats (
  analysis INTEGER NOT NULL REFERENCES analyses (id), number INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (analysis, number)
) WITHOUT ROWID;

-- An analysis under way whose first beats nobody kept begins anew.
DELETE FROM resumes;
`,
  },
  {
    since: "0.6.0",
    sql: `
-- To whom recordings are sent, sealed with every secret (outbox/rows.ts).
CREATE TABLE recipients (id INTEGER PRIMARY KEY, body BLOB NOT NULL, mac BLOB NOT NULL);

-- One row per recipient, recording and version of what is said of it, kept for ever, or it would be sent again.
-- next_at: Unix ms of the next attempt. body: the rest, sealed.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY, recipient INTEGER NOT NULL, recording INTEGER NOT NULL REFERENCES recordings (key),
  version TEXT NOT NULL, state TEXT NOT NULL, next_at INTEGER NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL,
  UNIQUE (recipient, recording, version)
);
CREATE INDEX waiting_deliveries ON deliveries (next_at) WHERE state IN ('queued', 'sending');
`,
  },
  {
    since: "0.7.0",
    sql: `
-- Files that wait to be adopted by the process that writes, and what became of them, sealed (adoptions.ts).
CREATE TABLE adoptions (id INTEGER PRIMARY KEY, body BLOB NOT NULL, mac BLOB NOT NULL);
-- What the family is told of, and what it was told, sealed with every secret (alertrows.ts).
CREATE TABLE alerts (id INTEGER PRIMARY KEY, body BLOB NOT NULL, mac BLOB NOT NULL);
`,
  },
  {
    since: "0.8.0",
    meta: [
      ["makers", "0"],
      ["revocations", "0"],
    ],
    sql: `
-- Makers by their public key: those that this hub believes, has only met, or believes no more (pinned.ts). Never deleted.
-- claim: at which it was met last; NULL for one whose line the owner typed. at: Unix ms, since when it has this state.
CREATE TABLE makers (
  key BLOB PRIMARY KEY, state TEXT NOT NULL, label TEXT, claim INTEGER, at INTEGER NOT NULL, mac BLOB NOT NULL
) WITHOUT ROWID;

-- The newest list of units no longer to be believed of each maker, as it signed it (revocations.ts). at: Unix ms of import.
CREATE TABLE revocations (
  maker BLOB PRIMARY KEY, number INTEGER NOT NULL, at INTEGER NOT NULL, list BLOB NOT NULL, mac BLOB NOT NULL
) WITHOUT ROWID;

-- What handhelds are to be updated to by their owner's word, and how it gets on, sealed (updates.ts).
CREATE TABLE updates (device BLOB PRIMARY KEY, body BLOB NOT NULL, mac BLOB NOT NULL) WITHOUT ROWID;
`,
  },
  {
    since: "0.9.0",
    sql: `
-- What a command beside the hub tells handhelds (orders.ts).
CREATE TABLE orders (
  device BLOB PRIMARY KEY, op INTEGER NOT NULL, mode INTEGER, at INTEGER NOT NULL, said INTEGER, refused TEXT,
  mac BLOB NOT NULL
) WITHOUT ROWID;
`,
  },
];

export const SCHEMA_VERSION = MIGRATIONS.length;

function versionOf(db: Database): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/** False for a database that was never made, or was emptied; once checkSchema has passed. */
export function hasForm(db: Database): boolean {
  return versionOf(db) !== 0;
}

type Item = [type: string, name: string, table: string, sql: string | null];

function itemsOf(db: Database): Item[] {
  return db
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    .raw()
    .all() as Item[];
}

/** By version: made by the steps themselves, so that it is what an honest database says. */
const forms: Item[][] = [];

function formAt(version: number): Item[] {
  let form = forms[version];
  if (!form) {
    const db = new SQLite(":memory:");
    for (const { sql } of MIGRATIONS.slice(0, Math.max(0, version))) db.exec(sql);
    form = itemsOf(db);
    db.close();
    forms[version] = form;
  }
  return form;
}

/** @returns the first thing in which a database is not of the form of its version; nothing of a newer one */
export function strangeIn(db: Database): string | undefined {
  const version = versionOf(db);
  if (version > SCHEMA_VERSION) return undefined;
  const said = ([type, name]: Item) => `${type} ${JSON.stringify(name).slice(0, 80)}`;
  const known = new Map(formAt(version).map((item) => [JSON.stringify(item), said(item)]));
  for (const item of itemsOf(db)) if (!known.delete(JSON.stringify(item))) return `a strange ${said(item)}`;
  const [missing] = known.values();
  return missing && `no ${missing}`;
}

/**
 * Nothing but this form is ever used: a trigger, a view or a weaker constraint that somebody planted would decide what
 * is kept of what we receipt.
 * @throws STORE_FOREIGN, STORE_NEWER, STORE_SCHEMA
 */
export function checkSchema(db: Database): void {
  const version = versionOf(db);
  const foreign = db.pragma("application_id", { simple: true }) !== APPLICATION_ID;
  if (version < 0 || (foreign && (version !== 0 || db.prepare("SELECT 1 FROM sqlite_schema").get()))) {
    throw new StoreError(
      "STORE_FOREIGN",
      `${db.name} is a database of another program. Use --data with another directory`,
    );
  }
  if (version > SCHEMA_VERSION) {
    const since =
      db.prepare("SELECT value FROM meta WHERE name = 'since'").pluck().get() ?? "a newer version";
    throw new StoreError(
      "STORE_NEWER",
      `${db.name} has form ${version}, this avnode knows ${SCHEMA_VERSION}. Use avnode ${since} or later`,
    );
  }
  const strange = strangeIn(db);
  if (strange) {
    throw new StoreError(
      "STORE_SCHEMA",
      `${db.name} has ${strange}: no avnode made it so, and nothing stored there would be safe. Restore a backup; if you changed it yourself, change it back`,
    );
  }
}

/** For a process that may not migrate. @throws STORE_OLDER */
export function checkCurrent(db: Database): void {
  if (versionOf(db) === SCHEMA_VERSION) return;
  throw new StoreError(
    "STORE_OLDER",
    `${db.name} has form ${versionOf(db)} of an earlier avnode. Run on it once what writes there ('avnode start', with --demo for a demo's, or 'avnode import RECORD'): that brings it to form ${SCHEMA_VERSION}`,
  );
}

/** Brings the database to today's form, in one transaction. @throws STORE_FOREIGN, STORE_NEWER, STORE_SCHEMA */
export function migrate(db: Database, setMeta: (name: string, value: string) => void): void {
  checkSchema(db);
  if (versionOf(db) === SCHEMA_VERSION) return;
  db.transaction(() => {
    for (const migration of MIGRATIONS.slice(versionOf(db))) {
      db.exec(migration.sql);
      setMeta("since", migration.since);
      for (const [name, value] of migration.meta ?? []) setMeta(name, value);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}
