/** The read side of findings: what analyses say, the events that follow, and what is still to be analysed. */
import type { Database } from "better-sqlite3";
import type { Beat } from "../../rhythm/types";
import { Feed } from "../feed";
import type { Keyring } from "../keyring";
import { SealedTable } from "../rows";
import { BeatRows } from "./beats";
import { group } from "./group";
import { OpenedEvents } from "./opened";
import {
  ANALYSIS_COLUMNS,
  type AnalysisRow,
  analysisBody,
  CAN_GO_ON,
  EVENT_COLUMNS,
  type EventRow,
  eventBody,
  resumePlace,
} from "./rows";
import type { AnalysisInfo, EventInfo, EventPart, KeptBeats } from "./types";

/** Where an analysis goes on. */
export interface Resume {
  number: number;
  next: number;
  samples: number;
  /** Undefined for one that was asked for and has taken nothing yet. @throws STORE_SECRET */
  state?: () => Uint8Array;
}

export interface Due {
  /** Of the recording. */
  id: string;
  /** Another one when more of it is here. */
  mark: string;
}

export class FindingsReader {
  private readonly analyses: SealedTable<AnalysisRow>;
  private readonly events: SealedTable<EventRow>;
  private readonly opened: OpenedEvents;
  private readonly beatRows: BeatRows;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.analyses = new SealedTable(db, keyring, "analyses", ANALYSIS_COLUMNS, 1);
    this.events = new SealedTable(db, keyring, "events", EVENT_COLUMNS, 1);
    this.opened = new OpenedEvents(db, keyring);
    this.beatRows = new BeatRows(db, keyring);
  }

  /** @param id of a recording, whole; @returns its analyses, oldest first, without those that were altered */
  of(id: string): AnalysisInfo[] {
    return this.rowsOf(id)
      .filter((row) => this.analyses.intact(row))
      .map((row) => this.infoOf(id, row));
  }

  /** The one of a recording (whole id) that tells most: the newest that has ended; until one has, the newest. */
  telling(id: string): AnalysisInfo | undefined {
    const row = this.tellingRow(id);
    return row && this.analyses.intact(row) ? this.infoOf(id, row) : undefined;
  }

  /**
   * Beats of a recording.
   * @param id whole
   * @param wanted.from the first sample, and the one behind the last, between which beats are told; all by default
   * @param wanted.number of the analysis; the one that tells most by default
   * @returns undefined where there is no such analysis, or it was altered
   * @throws STORE_BEATS unless all are here as they were kept
   */
  beats(id: string, wanted: { from?: number; to?: number; number?: number } = {}): KeptBeats | undefined {
    const { from = 0, to = Number.POSITIVE_INFINITY, number } = wanted;
    const row = number === undefined ? this.tellingRow(id) : this.numberedRow(id, number);
    if (!row || !this.analyses.intact(row)) return undefined;
    const { summary, episodes: _, settings: __, recording: ___, ...info } = this.infoOf(id, row);
    const beats: Beat[] = [];
    for (const batch of this.beatRows.of(row.id, summary))
      for (const beat of batch) if (beat.sample >= from && beat.sample < to) beats.push(beat);
    return { ...info, beats };
  }

  /** Of every handheld, or of one (hex), oldest first; without what a later analysis of a recording replaced. */
  listed(device?: string): EventInfo[] {
    const everybody = this.db.prepare("SELECT DISTINCT lower(hex(device)) FROM events").pluck();
    const devices = device === undefined ? (everybody.all() as string[]) : [device];
    const newest = new Map<string, number>();
    const isNewest = ({ recording, analysis }: EventPart) => {
      const number = newest.get(recording) ?? this.newestNumber(recording);
      newest.set(recording, number);
      return analysis >= number;
    };
    const events = devices.flatMap((of) =>
      this.opened.of(of).flatMap(({ row, body }) => {
        const parts = body.parts.filter(isNewest);
        const bodies = parts.length === body.parts.length ? [body] : group(body.kind, body.version, parts);
        return bodies.map((one): EventInfo => ({ id: row.id, device: of, ...one }));
      }),
    );
    return events.sort((a, b) => (a.fromMs ?? 0) - (b.fromMs ?? 0) || a.id - b.id);
  }

  /**
   * Recordings that wait for this version, the newest first: those that no version has analysed to their end, and those
   * of which it was asked for.
   */
  due(version: string): Due[] {
    return this.db
      .prepare(
        `SELECT id, next || '/' || held || '/' || coalesce(closed_at, '-') AS mark FROM recordings r
         WHERE length(mk) > 0 AND held > 0 AND (
           NOT EXISTS (SELECT 1 FROM analyses WHERE recording = r.key AND ended = 1)
           OR EXISTS (SELECT 1 FROM analyses LEFT JOIN resumes ON analysis = id WHERE recording = r.key AND ended = 0
                      AND version = @version AND ${CAN_GO_ON})
         ) ORDER BY key DESC`,
      )
      .all({ version }) as Due[];
  }

  /** The analysis of a recording (id) by this version that is under way or asked for; one without its state begins anew. */
  resume(id: string, version: string): Resume | undefined {
    const row = this.db
      .prepare(
        `SELECT analyses.*, state FROM analyses LEFT JOIN resumes ON analysis = analyses.id
         WHERE recording = (SELECT key FROM recordings WHERE id = ?) AND version = ? AND ended = 0
           AND ${CAN_GO_ON} ORDER BY number DESC LIMIT 1`,
      )
      .get(id, version) as (AnalysisRow & { state: Buffer | null }) | undefined;
    if (!row) return undefined;
    const { number, next, samples, state } = row;
    return {
      number,
      next,
      samples,
      state: state ? () => this.keyring.unwrap(state, resumePlace(row.id)) : undefined,
    };
  }

  /** A handheld's events are no longer kept in memory, but read again. @param device in hex */
  letGo(device: string): void {
    this.opened.letGo(device);
  }

  /** Whether the beats of one of a recording's analyses, which is intact, are all here as they were kept. */
  hasBeats(id: string, number: number): boolean {
    const row = this.numberedRow(id, number);
    return row !== undefined && this.areWhole(row);
  }

  feed(id: string): Feed {
    return new Feed(this.db, this.keyring, id);
  }

  /** What verification says of rows that are not as the store wrote them. */
  altered(): string[] {
    const problems: string[] = [];
    const look = <Row extends { id: number }>(
      table: SealedTable<Row & { mac?: Buffer }>,
      said: string,
      open: (row: Row) => unknown,
    ) => {
      for (const row of this.db.prepare(`SELECT * FROM ${table.name} ORDER BY id`).iterate() as Iterable<Row>)
        if (!table.intact(row) || !opens(() => open(row))) problems.push(`${said} ${row.id} was altered`);
    };
    look<AnalysisRow>(this.analyses, "the row of analysis", (row) => analysisBody(this.keyring, row));
    for (const row of this.db
      .prepare("SELECT * FROM analyses ORDER BY id")
      .iterate() as Iterable<AnalysisRow>)
      if (this.analyses.intact(row) && this.beatRows.has(row.id) && !this.areWhole(row))
        problems.push(`the beats of analysis ${row.id} were altered`);
    look<EventRow>(this.events, "the row of event", (row) => eventBody(this.keyring, row));
    return problems;
  }

  private rowsOf(id: string): AnalysisRow[] {
    return this.db
      .prepare(
        "SELECT * FROM analyses WHERE recording = (SELECT key FROM recordings WHERE id = ?) ORDER BY number",
      )
      .all(id) as AnalysisRow[];
  }

  private numberedRow(id: string, number: number): AnalysisRow | undefined {
    return this.rowsOf(id).find((row) => row.number === number);
  }

  private newestNumber(id: string): number {
    return this.tellingRow(id)?.number ?? 0;
  }

  private tellingRow(id: string): AnalysisRow | undefined {
    const rows = this.rowsOf(id);
    return rows.findLast((row) => row.ended === 1) ?? rows.findLast((row) => row.next > 0);
  }

  private areWhole(row: AnalysisRow): boolean {
    return this.beatRows.areWhole(row.id, analysisBody(this.keyring, row).summary);
  }

  private infoOf(recording: string, row: AnalysisRow): AnalysisInfo {
    const { number, lead, version, samples, ended } = row;
    const { name, settings, summary, episodes, open } = analysisBody(this.keyring, row);
    return {
      id: `${recording}/${number}`,
      recording,
      number,
      lead,
      name,
      settings,
      version,
      samples,
      ended: ended === 1,
      episodes: [...episodes, ...(open ? [open] : [])].sort((a, b) => a.from - b.from || a.to - b.to),
      summary,
    };
  }
}

function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}
