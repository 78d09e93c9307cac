/** Rows of analyses and events, and what is sealed within them. */
import type { Database } from "better-sqlite3";
import type { Finding } from "../../rhythm/findings";
import type { Keyring } from "../keyring";
import type { Sealed } from "../rows";
import type { EventBody } from "./group";
import { openJson, sealJson } from "./sealedjson";
import type { AnalysedLead, AnalysisInfo } from "./types";

export interface AnalysisRow extends Sealed {
  id: number;
  recording: number;
  number: number;
  lead: number;
  version: string;
  next: number;
  samples: number;
  ended: 0 | 1;
  body: Buffer;
}

export const ANALYSIS_COLUMNS: (keyof AnalysisRow & string)[] = [
  "id",
  "recording",
  "number",
  "lead",
  "version",
  "next",
  "samples",
  "ended",
  "body",
];

/** Of an analysis joined with its state, that has not ended: it was asked for, or goes on from its state. */
export const CAN_GO_ON = "(next = 0 OR state IS NOT NULL)";

export interface EventRow extends Sealed {
  id: number;
  device: Buffer;
  body: Buffer;
}

export const EVENT_COLUMNS: (keyof EventRow & string)[] = ["id", "device", "body"];

/** What an analysis says. */
export type AnalysisBody = Pick<AnalysisInfo, "name" | "settings" | "summary"> & {
  /** Those that ended, as they came. */
  episodes: Finding[];
  open?: Finding;
};

export const analysisPlace = (id: number) => `analysis ${id}`;
export const resumePlace = (id: number) => `state of analysis ${id}`;
export const eventPlace = (id: number) => `event ${id}`;

/** @throws STORE_SECRET */
export function analysisBody(keyring: Keyring, { id, body }: Pick<AnalysisRow, "id" | "body">): AnalysisBody {
  return openJson(keyring, body, analysisPlace(id)) as AnalysisBody;
}

/** @throws STORE_SECRET */
export function eventBody(keyring: Keyring, { id, body }: Pick<EventRow, "id" | "body">): EventBody {
  return openJson(keyring, body, eventPlace(id)) as EventBody;
}

/** The row of an analysis that has taken nothing yet, within the caller's transaction. @param recording key of its row */
export function newAnalysis(
  db: Database,
  keyring: Keyring,
  recording: number,
  version: string,
  { lead, name, settings }: AnalysedLead,
): AnalysisRow {
  const nextId = db.prepare("SELECT coalesce(max(id), 0) + 1 FROM analyses");
  const nextNumber = db.prepare("SELECT coalesce(max(number), 0) + 1 FROM analyses WHERE recording = ?");
  const id = nextId.pluck().get() as number;
  const body: AnalysisBody = { name, settings, episodes: [] };
  return {
    id,
    recording,
    number: nextNumber.pluck().get(recording) as number,
    lead,
    version,
    next: 0,
    samples: 0,
    ended: 0,
    body: sealJson(keyring, body, analysisPlace(id)),
  };
}
