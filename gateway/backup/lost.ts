/** What the store before a restore had receipted, and nobody has any more: as far as anybody can know. */
import type { Database } from "better-sqlite3";
import { decodeClose } from "../../protocol/bodies";
import { sameBytes, toHex } from "../../protocol/bytes";
import type { Status } from "../../protocol/command";
import { FrameType } from "../../protocol/header";
import { decodeOpen, type Open } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { nodeCrypto } from "../crypto";
import { openBeside } from "../store/directory";
import type { Keyring } from "../store/keyring";
import { Meta } from "../store/meta";
import { type RecordingRow, recordingKeyPlace } from "../store/recordings";
import { addRun, cutRun, type Runs } from "../store/runs";
import { runsOf } from "./changes";

const NOTE = "restored/";

/** How the store stood when it was brought back; under the MAC of meta. */
interface RestoreNote {
  /** Unix ms of the restore and of the copy. */
  at: number;
  backupAt: number;
  /** Recordings with a higher key came later. */
  lastKey: number;
  /** Of the recordings that were not whole: next sequence, and what was missing below it. */
  unfinished: Record<string, [next: number, missing: Runs]>;
}

export interface LostRecording {
  /** Device id in hex. */
  device: string;
  epoch: number;
  recording: number;
  id: string;
  /** Frames that the store held or might have held, and lacks now. */
  frames: Runs;
  /** How many it had is not known: nothing of it is left. */
  unknown: boolean;
  /** False while its handheld may still send them. */
  final: boolean;
}

export interface LostReport {
  /** Unix ms. */
  restoredAt: number;
  backupAt: number;
  recordings: LostRecording[];
  /** Checkpoints of the log before that closes echo and that the copy had not reached. */
  echoes: { device: string; recording: number; size: number }[];
}

/** Within the restore's transaction. */
export function noteRestore(
  db: Database,
  meta: Meta,
  generation: string,
  at: { at: number; backupAt: number },
): void {
  const rows = db.prepare("SELECT * FROM recordings").all() as RecordingRow[];
  const note: RestoreNote = { ...at, lastKey: Math.max(0, ...rows.map((row) => row.key)), unfinished: {} };
  for (const row of rows) {
    const missing = JSON.parse(row.missing) as Runs;
    if (row.closed_at === null || missing.length > 0) note.unfinished[row.key] = [row.next, missing];
  }
  meta.set(NOTE + generation, JSON.stringify(note));
}

/** @returns undefined for a store that was never restored; @throws STORE_* */
export function lostSinceRestore(dataDir: string): LostReport | undefined {
  const { db, keyring } = openBeside(dataDir, true);
  try {
    return db.transaction(() => {
      const text = new Meta(db, keyring).get(NOTE + keyring.generation.toString("hex"));
      return text === undefined ? undefined : new Search(db, keyring, JSON.parse(text) as RestoreNote).run();
    })();
  } finally {
    db.close();
  }
}

class Search {
  private readonly echoes: LostReport["echoes"] = [];
  private readonly recordings: LostRecording[] = [];

  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly note: RestoreNote,
  ) {}

  run(): LostReport {
    const rows = this.db
      .prepare("SELECT * FROM recordings ORDER BY device, epoch, number DESC")
      .all() as RecordingRow[];
    let next: RecordingRow | undefined;
    let nextOpen: Open | undefined;
    for (const row of rows) {
      const sameEpoch = next && sameBytes(next.device, row.device) && next.epoch === row.epoch;
      if (!sameEpoch) nextOpen = undefined;
      this.look(row, nextOpen);
      nextOpen = this.openOf(row) ?? nextOpen;
      next = row;
    }
    const { at, backupAt } = this.note;
    this.recordings.reverse();
    return { restoredAt: at, backupAt, recordings: this.recordings, echoes: this.echoes };
  }

  private look(row: RecordingRow, nextOpen: Open | undefined): void {
    const before = this.note.unfinished[row.key];
    if (row.mk.length === 0 || (row.key <= this.note.lastKey && !before)) return;
    this.readClose(row);
    const [from, missing] = before ?? [0, []];
    const previous = nextOpen?.previous?.recording === row.number ? nextOpen.previous : undefined;
    // The next recording knows of one before it that is not this: this number was burned and not used.
    if (row.held === 0 && row.next === 0 && nextOpen && !previous) {
      if (!nextOpen.previous || nextOpen.previous.recording < row.number) return;
    }
    const end = Math.max(row.next, row.closed_at === null ? 0 : row.closed_at + 1, previous?.frames ?? 0);
    const absent: Runs = missing.map((run) => ({ ...run }));
    addRun(absent, from, end - from);
    for (const run of runsOf(this.db, row.key)) cutRun(absent, run.from, run.length);
    const unknown = row.held === 0 && !previous && end === 0 && nextOpen !== undefined;
    if (absent.length === 0 && !unknown) return;
    this.recordings.push({
      device: toHex(row.device),
      epoch: row.epoch,
      recording: row.number,
      id: row.id,
      frames: absent,
      unknown,
      final: this.isFinal(row),
    });
  }

  /** Whether the handheld has said that nothing of it is left to send. */
  private isFinal(row: RecordingRow): boolean {
    const device = this.db
      .prepare("SELECT epoch, status, contact_at FROM devices WHERE id = ?")
      .get(row.device) as { epoch: number; status: string | null; contact_at: number | null };
    if (device.epoch !== row.epoch || (JSON.parse(row.missing) as Runs).length === 0) {
      if (row.held > 0 || device.epoch !== row.epoch) return true;
    }
    if (!device.status || (device.contact_at ?? 0) <= this.note.at) return false;
    const { oldestRecording, backlog } = JSON.parse(device.status) as Status;
    return row.number < oldestRecording || backlog === 0;
  }

  private readClose(row: RecordingRow): void {
    const frame = this.rare(row, FrameType.close);
    if (!frame) return;
    try {
      const { checkpointSize: size, checkpointRoot } = decodeClose(
        openFrame(nodeCrypto, this.keyOf(row), frame),
      );
      const known = this.db.prepare("SELECT 1 FROM checkpoints WHERE size = ? AND root = ?");
      if (size > 0 && known.get(size, checkpointRoot) === undefined)
        this.echoes.push({ device: toHex(row.device), recording: row.number, size });
    } catch {}
  }

  private openOf(row: RecordingRow): Open | undefined {
    const frame = row.mk.length > 0 ? this.rare(row, FrameType.open) : undefined;
    try {
      return frame && decodeOpen(openFrame(nodeCrypto, this.keyOf(row), frame));
    } catch {
      return undefined;
    }
  }

  private rare(row: RecordingRow, type: number): Buffer | undefined {
    return this.db
      .prepare("SELECT frame FROM frames WHERE recording = ? AND type = ? AND type <> 2")
      .pluck()
      .get(row.key, type) as Buffer | undefined;
  }

  private keyOf(row: RecordingRow): Uint8Array {
    return this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, row.epoch, row.number));
  }
}
