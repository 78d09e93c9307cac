/** The sealed frames on disk, and the quarantine beside them. */
import type { Database, Statement } from "better-sqlite3";

export interface FrameRow {
  sequence: number;
  type: number;
  frame: Buffer;
}

/** Contradicting frames kept, of one recording and in all: evidence, not an archive. */
const MAX_QUARANTINED_PER_RECORDING = 16;
const MAX_QUARANTINED = 1024;

export class Frames {
  private readonly insertion: Statement;
  private readonly selection: Statement;
  private readonly newestOfType: Statement;

  constructor(private readonly db: Database) {
    this.insertion = db.prepare("INSERT INTO frames VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.selection = db.prepare("SELECT frame FROM frames WHERE recording = ? AND sequence = ?").pluck();
    this.newestOfType = db
      .prepare("SELECT frame FROM frames WHERE recording = ? AND type = ? ORDER BY sequence DESC LIMIT 1")
      .pluck();
  }

  /** @returns false when the place is taken, which the recording's row did not say: that row was altered */
  add(recording: number, sequence: number, type: number, frame: Uint8Array): boolean {
    return this.insertion.run(recording, sequence, type, frame).changes === 1;
  }

  get(recording: number, sequence: number): Buffer | undefined {
    return this.selection.get(recording, sequence) as Buffer | undefined;
  }

  newest(recording: number, type: number): Buffer | undefined {
    return this.newestOfType.get(recording, type) as Buffer | undefined;
  }

  quarantine(recording: number, sequence: number, frame: Uint8Array, at: number): void {
    this.db
      .prepare(
        `INSERT INTO quarantine (recording, sequence, frame, at) SELECT @recording, @sequence, @frame, @at
         WHERE (SELECT count(*) FROM quarantine WHERE recording = @recording) < ${MAX_QUARANTINED_PER_RECORDING}
           AND (SELECT count(*) FROM quarantine) < ${MAX_QUARANTINED}
           AND NOT EXISTS (SELECT 1 FROM quarantine
             WHERE recording = @recording AND sequence = @sequence AND frame = @frame)`,
      )
      .run({ recording, sequence, frame, at });
  }
}
