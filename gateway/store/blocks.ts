/** One recording's blocks, opened and decoded from any place on. */
import { createHmac } from "node:crypto";
import type { Database, Statement } from "better-sqlite3";
import { decodeData } from "../../protocol/bodies";
import { type BlockShape, blockSamples, decodeBlock } from "../../protocol/codec/block";
import { FrameType } from "../../protocol/header";
import { openFrame } from "../../protocol/seal";
import { nodeCrypto } from "../crypto";
import type { FrameRow } from "./frames";
import type { Piece } from "./infos";

/** Rows read at once: no statement stays open, so that whoever takes pieces may ask the store in between. */
const ROWS = 64;

interface Place {
  sequence: number;
  firstSample: number;
  /** Behind its last sample. */
  end: number;
  block: Uint8Array;
}

/** Frames that do not open or decode are passed over, as though they were not here: `verify` tells of them. */
export class Blocks {
  private readonly rows: Statement;
  private readonly nextData: Statement;
  private readonly last: Statement;

  /** @param key of its frames */
  constructor(
    db: Database,
    private readonly recording: number,
    private readonly key: Uint8Array,
    readonly shape: BlockShape,
  ) {
    this.rows = db.prepare(
      `SELECT sequence, type, frame FROM frames WHERE recording = ? AND sequence >= ? AND sequence < ?
       ORDER BY sequence LIMIT ?`,
    );
    this.nextData = db.prepare(
      `SELECT sequence, type, frame FROM frames WHERE recording = ? AND sequence >= ? AND type = ${FrameType.data}
       ORDER BY sequence LIMIT 1`,
    );
    this.last = db.prepare("SELECT max(sequence) + 1 FROM frames WHERE recording = ?").pluck();
  }

  /** Pieces that hold samples from `from` to before `to`, in order. */
  *window(from: number, to: number): Generator<Piece> {
    let sequence = this.sequenceOf(from);
    for (;;) {
      const rows = this.rows.all(this.recording, sequence, Number.MAX_SAFE_INTEGER, ROWS) as FrameRow[];
      for (const row of rows) {
        const place = this.placeOf(row);
        if (!place) continue;
        if (place.firstSample >= to) return;
        const piece = this.pieceOf(place);
        if (piece) yield piece;
      }
      if (rows.length < ROWS) return;
      sequence = rows[rows.length - 1]!.sequence + 1;
    }
  }

  /** One more than the highest sequence that is here. */
  get end(): number {
    return (this.last.get(this.recording) as number | null) ?? 0;
  }

  /**
   * The frames from sequence `from` to before `to`, so many of them at most.
   * @returns their sequences and, of those that are data, the pieces; and the sequence to go on at
   */
  read(from: number, to: number, limit: number): { taken: number[]; pieces: Piece[]; next: number } {
    const rows = this.rows.all(this.recording, from, to, limit) as FrameRow[];
    const taken = rows.map(({ sequence }) => sequence);
    const pieces = rows.flatMap((row) => {
      const place = this.placeOf(row);
      return (place && this.pieceOf(place)) ?? [];
    });
    return { taken, pieces, next: rows.length < limit ? to : taken[taken.length - 1]! + 1 };
  }

  /** A key for what is derived from this recording and kept beside it: who erases the recording destroys it, too. */
  derivedKey(purpose: string): Buffer {
    return createHmac("sha256", this.key).update(`avnode/derived/v1\0${purpose}`).digest();
  }

  /** A sequence from which on frames hold samples behind `sample`: blocks come in the order of their samples. */
  sequenceOf(sample: number): number {
    let low = 0;
    let high = 1;
    while (this.endsBefore(high, sample)) high *= 2;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.endsBefore(middle, sample)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the first block at or behind a sequence ends before a sample or there; false without one. */
  private endsBefore(sequence: number, sample: number): boolean {
    for (let at = sequence; ; ) {
      const row = this.nextData.get(this.recording, at) as FrameRow | undefined;
      if (!row) return false;
      const place = this.placeOf(row);
      if (place) return place.end <= sample;
      at = row.sequence + 1;
    }
  }

  private placeOf({ sequence, type, frame }: FrameRow): Place | undefined {
    if (type !== FrameType.data) return undefined;
    try {
      const { firstSample, block } = decodeData(openFrame(nodeCrypto, this.key, frame));
      return { sequence, firstSample, end: firstSample + blockSamples(block, this.shape), block };
    } catch {
      return undefined;
    }
  }

  private pieceOf({ firstSample, block }: Place): Piece | undefined {
    try {
      return { firstSample, samples: decodeBlock(block, this.shape) };
    } catch {
      return undefined;
    }
  }
}
