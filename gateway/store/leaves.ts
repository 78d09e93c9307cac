/** Whether a handheld's signing leaves rise from recording to recording, as its vault counts them, through every ownership. */
import type { Database, Statement } from "better-sqlite3";
import type { Crypto } from "../../protocol/crypto";
import { openFrame } from "../../protocol/seal";
import { type CloseSignature, decodeSignature } from "../../protocol/signature";
import type { Recording, Recordings } from "./recordings";

interface SignedRow {
  epoch: number;
  number: number;
  frame: Buffer;
}

/** By the index of rare frames, which wants its own condition said: a day's recording has 86,400 that are not. */
const signed = (side: "<" | ">", order: "ASC" | "DESC") =>
  `SELECT r.epoch, r.number, f.frame FROM recordings r JOIN frames f INDEXED BY rare_frames ON f.recording = r.key
   WHERE f.type = 6 AND f.type <> 2 AND r.device = ? AND (r.epoch, r.number) ${side} (?, ?)
   ORDER BY r.epoch ${order}, r.number ${order} LIMIT 1`;

/** Negative when a comes before b. */
function compare(a: CloseSignature, b: CloseSignature): number {
  return a.tree === b.tree ? a.leaf - b.leaf : a.tree - b.tree;
}

export class Leaves {
  private readonly before: Statement;
  private readonly after: Statement;

  constructor(
    db: Database,
    private readonly crypto: Crypto,
    private readonly recordings: Recordings,
  ) {
    this.before = db.prepare(signed("<", "DESC"));
    this.after = db.prepare(signed(">", "ASC"));
  }

  /**
   * @param body of the recording's signature frame
   * @throws SIGNATURE_* for a malformed one, FRAME_TAG, STORE_* for a neighbour that does not open any more
   */
  regressed(recording: Recording, body: Uint8Array): boolean {
    const own = decodeSignature(body);
    const before = this.neighbour(this.before, recording);
    const after = this.neighbour(this.after, recording);
    return (
      (before !== undefined && compare(before, own) >= 0) || (after !== undefined && compare(own, after) >= 0)
    );
  }

  private neighbour(statement: Statement, { device, row }: Recording): CloseSignature | undefined {
    const found = statement.get(row.device, row.epoch, row.number) as SignedRow | undefined;
    if (!found) return undefined;
    const { key } = this.recordings.find(device, found.epoch, found.number)!;
    return decodeSignature(openFrame(this.crypto, key, found.frame));
  }
}
