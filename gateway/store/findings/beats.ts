/**
 * Beats on disk: a batch for each checkpoint, in its transaction, so that none is there twice and none is missing. They
 * are in no backup, for the same frames give the same beats at any time.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Beat } from "../../rhythm/types";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";
import { packBeats, unpackBeats } from "./beatbytes";
import type { AnalysisInfo } from "./types";

const placeOf = (analysis: number, number: number) => `beats ${number} of analysis ${analysis}`;

interface BatchRow {
  number: number;
  body: Buffer;
}

export class BeatRows {
  private readonly batches: Statement;

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
  ) {
    this.batches = db.prepare("SELECT number, body FROM beats WHERE analysis = ? ORDER BY number");
  }

  /** Within the caller's transaction. @param analysis id of its row @param seconds of signal since the batch before */
  add(analysis: number, beats: Beat[], seconds: number): void {
    if (beats.length === 0) return;
    const number = this.db
      .prepare("SELECT coalesce(max(number), 0) + 1 FROM beats WHERE analysis = ?")
      .pluck()
      .get(analysis) as number;
    const body = this.keyring.wrap(packBeats(beats, seconds), placeOf(analysis, number));
    this.db.prepare("INSERT INTO beats VALUES (?, ?, ?)").run(analysis, number, body);
  }

  /** Within the caller's transaction. */
  erase(analysis: number): void {
    this.db.prepare("DELETE FROM beats WHERE analysis = ?").run(analysis);
  }

  /** Whether there are any, as they were kept or not. */
  has(analysis: number): boolean {
    return this.batches.get(analysis) !== undefined;
  }

  /**
   * Batch by batch, in order.
   * @param summary of the analysis, which says how many there are
   * @throws STORE_BEATS, at the end at the latest, unless all are here as they were kept
   */
  *of(analysis: number, summary: AnalysisInfo["summary"]): Generator<Beat[]> {
    let left = Object.values(summary?.beats ?? {}).reduce((sum, count) => sum + count, 0);
    let next = 1;
    // All at once: whoever goes on later must not keep the database open on what it was.
    for (const { number, body } of this.batches.all(analysis) as BatchRow[]) {
      if (number !== next++) throw damaged();
      const beats = this.opened(body, placeOf(analysis, number));
      left -= beats.length;
      yield beats;
    }
    if (left !== 0) throw damaged();
  }

  areWhole(analysis: number, summary: AnalysisInfo["summary"]): boolean {
    try {
      for (const _ of this.of(analysis, summary));
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  private opened(body: Uint8Array, place: string): Beat[] {
    const packed = this.keyring.unwrap(body, place);
    try {
      return unpackBeats(packed);
    } catch {
      throw damaged();
    }
  }
}

function damaged(): StoreError {
  return new StoreError(
    "STORE_BEATS",
    "its beats are not all here as they were found: 'avnode findings ID --again' finds them again",
  );
}
