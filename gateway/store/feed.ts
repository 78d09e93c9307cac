/** A recording's blocks in order, as far as nothing before them is still to come. */
import type { Database, Statement } from "better-sqlite3";
import { decodeData } from "../../protocol/bodies";
import { decodeBlock } from "../../protocol/codec/block";
import { FrameType } from "../../protocol/header";
import { blockShape, decodeOpen, type Open } from "../../protocol/open";
import { openFrame } from "../../protocol/seal";
import { nodeCrypto } from "../crypto";
import { StoreError } from "./errors";
import type { FrameRow } from "./frames";
import type { Piece } from "./infos";
import type { Keyring } from "./keyring";
import { isErased, type RecordingRow, recordingKeyPlace } from "./recordings";
import type { Runs } from "./runs";

export interface Fed {
  pieces: Piece[];
  /** First frame that was not read. */
  next: number;
  /** Everything that is here and follows without a hole was read. */
  isAll: boolean;
  /** Nothing of the recording is to come behind `next`. */
  ended: boolean;
  /** Samples per lead that are known of, gaps included. */
  samples: number;
}

export class Feed {
  private readonly rowOf: Statement;
  private readonly framesFrom: Statement;
  private readonly opensAfter: Statement;
  private key?: Uint8Array;
  private known?: Open;

  /** @param id whole */
  constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly id: string,
  ) {
    this.rowOf = db.prepare("SELECT * FROM recordings WHERE id = ?");
    this.framesFrom = db.prepare(
      `SELECT sequence, type, frame FROM frames
       WHERE recording = ? AND sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?`,
    );
    this.opensAfter = db.prepare(
      `SELECT r.device, r.epoch, r.number, r.mk, frame FROM recordings r JOIN frames ON recording = key AND sequence = 0
       WHERE r.device = @device AND r.epoch = @epoch AND r.number > @number AND length(r.mk) > 0
       ORDER BY r.number LIMIT 1`,
    );
  }

  /** Undefined while the open frame is to come. @throws STORE_NO_OPEN where it was lost for ever; as `read` */
  open(): Open | undefined {
    if (this.known) return this.known;
    const row = this.row();
    const [first] = this.framesFrom.all(row.key, 0, 1, 1) as FrameRow[];
    if (first) this.known = decodeOpen(this.opened(row, first.frame));
    else if (!(JSON.parse(row.missing) as Runs).some((run) => run.from === 0) && row.next > 0)
      throw new StoreError(
        "STORE_NO_OPEN",
        `the open frame of recording ${this.id} was lost: nothing can be decoded`,
      );
    return this.known;
  }

  /**
   * @param from first frame that was not read before
   * @param frames at most
   * @throws STORE_NOT_FOUND, STORE_ERASED, STORE_SECRET, FRAME_TAG, BLOCK_*
   */
  read(from: number, frames: number): Fed {
    return this.db.transaction(() => {
      const row = this.row();
      const open = this.open();
      const { samples } = row;
      if (!open) return { pieces: [], next: from, isAll: true, ended: false, samples };
      const [hole] = JSON.parse(row.missing) as Runs;
      const end = hole?.from ?? row.next;
      const rows = this.framesFrom.all(row.key, from, end, frames) as FrameRow[];
      const isAll = rows.length < frames;
      const next = isAll ? Math.max(from, end) : rows.at(-1)!.sequence + 1;
      const shape = blockShape(open);
      const pieces = rows
        .filter(({ type }) => type === FrameType.data)
        .map(({ frame }) => {
          const { firstSample, block } = decodeData(this.opened(row, frame));
          return { firstSample, samples: decodeBlock(block, shape) };
        });
      return { pieces, next, isAll, ended: isAll && this.isOver(row, next), samples };
    })();
  }

  /** By its own close, or by what the recording after it says that it had. */
  private isOver(row: RecordingRow, next: number): boolean {
    if (row.closed_at !== null) return next > row.closed_at;
    const later = this.opensAfter.get(row) as (RecordingRow & { frame: Buffer }) | undefined;
    if (!later) return false;
    const key = this.keyring.unwrap(later.mk, recordingKeyPlace(later.device, later.epoch, later.number));
    const { previous } = decodeOpen(openFrame(nodeCrypto, key, later.frame));
    return previous?.recording === row.number && next >= previous.frames;
  }

  private row(): RecordingRow {
    const row = this.rowOf.get(this.id) as RecordingRow | undefined;
    if (!row) throw new StoreError("STORE_NOT_FOUND", `no recording ${this.id} here`);
    if (isErased(row)) throw new StoreError("STORE_ERASED", `recording ${this.id} was erased by its owner`);
    return row;
  }

  private opened(row: RecordingRow, frame: Uint8Array): Uint8Array {
    this.key ??= this.keyring.unwrap(row.mk, recordingKeyPlace(row.device, row.epoch, row.number));
    return openFrame(nodeCrypto, this.key, frame);
  }
}
