/** The write side of analyses: each checkpoint is one transaction with the state from which the analysis goes on. */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../../../protocol/bytes";
import type { Open } from "../../../protocol/open";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import { isErased, type RecordingRow } from "../recordings";
import { SealedTable } from "../rows";
import { BeatRows } from "./beats";
import { Events } from "./events";
import { isEventKind, partsOf, type Timeline } from "./group";
import {
  ANALYSIS_COLUMNS,
  type AnalysisBody,
  type AnalysisRow,
  analysisBody,
  analysisPlace,
  newAnalysis,
  resumePlace,
} from "./rows";
import { sealJson } from "./sealedjson";
import type { Checkpoint, EventInfo } from "./types";

/** Bodies of analyses under way that are kept open. */
const MAX_KEPT = 16;

export interface Taken {
  /** Number of the analysis. */
  number: number;
  /** Events that are new or grew. */
  events: EventInfo[];
}

export class Analyses {
  private readonly table: SealedTable<AnalysisRow>;
  private readonly events: Events;
  private readonly beats: BeatRows;
  private readonly numbered: Statement;
  private readonly asked: Statement;
  /** By row; only what a transaction has brought to disk. */
  private readonly bodies = new Map<number, AnalysisBody>();
  private readonly transact: (
    checkpoint: Checkpoint,
    open: Open | undefined,
  ) => Taken & { id: number; body: AnalysisBody };

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.table = new SealedTable(db, keyring, "analyses", ANALYSIS_COLUMNS, 1);
    this.events = new Events(db, keyring);
    this.beats = new BeatRows(db, keyring);
    this.numbered = db.prepare("SELECT * FROM analyses WHERE recording = ? AND number = ?");
    this.asked = db.prepare(
      "SELECT * FROM analyses WHERE recording = ? AND version = ? AND lead = ? AND next = 0 AND ended = 0",
    );
    this.transact = db.transaction((checkpoint: Checkpoint, open: Open | undefined) =>
      this.write(checkpoint, open),
    ).immediate;
  }

  /**
   * @param open of the recording, for its rate and clock
   * @throws STORE_ERASED; STORE_NO_OPEN; ANALYSIS_STALE for a checkpoint that does not go on where the analysis stands;
   * STORE_ALTERED; errors of SQLite. Nothing is written then
   */
  take(checkpoint: Checkpoint, open: Open | undefined): Taken {
    const { id, body, number, events } = this.transact(checkpoint, open);
    this.bodies.delete(id);
    if (!checkpoint.ended) this.bodies.set(id, body);
    for (const old of this.bodies.keys()) {
      if (this.bodies.size <= MAX_KEPT) break;
      this.bodies.delete(old);
    }
    return { number, events };
  }

  /** Within the transaction that erases the recording: all that was said of it goes. @param recording key of its row */
  erase(recording: RecordingRow): void {
    const rows = this.db
      .prepare("SELECT id FROM analyses WHERE recording = ?")
      .pluck()
      .all(recording.key) as number[];
    for (const id of rows) {
      this.db.prepare("DELETE FROM resumes WHERE analysis = ?").run(id);
      this.beats.erase(id);
      this.db.prepare("DELETE FROM analyses WHERE id = ?").run(id);
      this.bodies.delete(id);
    }
    this.events.erase(recording.device, recording.id);
  }

  private write(checkpoint: Checkpoint, open: Open | undefined) {
    const recording = this.db.prepare("SELECT * FROM recordings WHERE id = ?").get(checkpoint.recording) as
      | RecordingRow
      | undefined;
    if (!recording || isErased(recording))
      throw new StoreError(
        "STORE_ERASED",
        `recording ${checkpoint.recording} is gone: it is analysed no more`,
      );
    if (!open)
      throw new StoreError("STORE_NO_OPEN", `recording ${checkpoint.recording} has no open frame here`);
    const { row, body } = this.standing(recording, checkpoint);
    const { next, samples, ended, summary, name, settings, state } = checkpoint;
    const after: AnalysisBody = {
      name,
      settings,
      summary,
      episodes: [...body.episodes, ...checkpoint.episodes],
      open: checkpoint.open,
    };
    const seconds = (samples - row.samples) / settings.rate;
    Object.assign(row, { next, samples, ended: ended ? 1 : 0 });
    row.body = sealJson(this.keyring, after, analysisPlace(row.id));
    if (row.mac) this.table.update(row);
    else this.table.insert(row);
    this.beats.add(row.id, checkpoint.beats, seconds);
    if (ended) this.db.prepare("DELETE FROM resumes WHERE analysis = ?").run(row.id);
    else
      this.db
        .prepare("INSERT OR REPLACE INTO resumes VALUES (?, ?)")
        .run(row.id, this.keyring.wrap(state, resumePlace(row.id)));
    if (checkpoint.insteadOf !== undefined) this.leave(recording, checkpoint.insteadOf);
    const events = tellsMore(checkpoint, body) ? this.regroup(recording, row, after, open) : [];
    return { id: row.id, body: after, number: row.number, events };
  }

  /** What it said stays; nobody tries to go on from it. */
  private leave({ key }: RecordingRow, number: number): void {
    const row = this.numbered.get(key, number) as AnalysisRow;
    this.db.prepare("DELETE FROM resumes WHERE analysis = ?").run(row.id);
    this.bodies.delete(row.id);
  }

  private regroup(recording: RecordingRow, row: AnalysisRow, body: AnalysisBody, open: Open): EventInfo[] {
    const timeline: Timeline = {
      recording: recording.id,
      epoch: recording.epoch,
      order: recording.number,
      analysis: row.number,
      rate: open.rateNum / open.rateDen,
      startMs: open.startMs,
    };
    const parts = partsOf([...body.episodes, ...(body.open ? [body.open] : [])], timeline);
    return this.events.put(toHex(recording.device), row.version, recording.id, parts);
  }

  /** The analysis where it stands, or one that begins. */
  private standing(
    recording: RecordingRow,
    checkpoint: Checkpoint,
  ): { row: AnalysisRow; body: Pick<AnalysisBody, "episodes" | "open"> } {
    const { number, version, lead, from } = checkpoint;
    if (number === undefined) {
      if (from !== 0) throw stale(checkpoint);
      // What was asked for since it began is this.
      const asked = this.asked.all(recording.key, version, lead) as AnalysisRow[];
      const row =
        asked.find((one) => this.table.intact(one)) ??
        newAnalysis(this.db, this.keyring, recording.key, version, checkpoint);
      return { row, body: { episodes: [] } };
    }
    const row = this.numbered.get(recording.key, number) as AnalysisRow | undefined;
    if (!row || row.ended || row.next !== from || row.version !== version) throw stale(checkpoint);
    if (!this.table.intact(row))
      throw new StoreError(
        "STORE_ALTERED",
        `the row of analysis ${recording.id}/${number} was altered: nothing is added to it. Run 'avnode verify'`,
      );
    return { row, body: this.bodies.get(row.id) ?? analysisBody(this.keyring, row) };
  }
}

/** Whether events may change with it. */
function tellsMore({ episodes, open }: Checkpoint, before: Pick<AnalysisBody, "open">): boolean {
  return [...episodes, open, before.open].some((episode) => episode && isEventKind(episode.rhythm));
}

function stale({ recording, number, from }: Checkpoint): StoreError {
  return new StoreError(
    "ANALYSIS_STALE",
    `analysis ${recording}/${number ?? "new"} does not stand at frame ${from} any more: it is taken up where it stands`,
  );
}
