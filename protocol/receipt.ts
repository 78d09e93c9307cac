/** The receipt: the only thing that frees a handheld's flash. */
import { cut, MAX_EXACT, takeBytes, Writer } from "./bytes";
import { HASH_BYTES } from "./chain";
import { STORE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

export const MAX_HOLES = 8;
/** A longer run is split into touching holes; no other holes may touch, so that a receipt has one form. */
const MAX_HOLE = 0xffff;

/** Frames from `from` on, `length` of them, that the store does not hold. */
export interface Hole {
  from: number;
  length: number;
}

/** What the store holds on disk of one recording: everything below `next` but the holes. */
export interface Receipt {
  storeId: Uint8Array;
  /** Changes when a store is restored or promoted. */
  generation: Uint8Array;
  checkpointSize: number;
  checkpointRoot: Uint8Array;
  recording: number;
  next: number;
  holes: Hole[];
}

const FIXED_BYTES = STORE_ID_BYTES + 8 + 8 + HASH_BYTES + 4 + 4;

function checkHoles(holes: Hole[], next: number): void {
  if (holes.length > MAX_HOLES)
    throw refusal("RECEIPT_HOLES", holes.length + " holes: " + MAX_HOLES + " at most");
  let end = -1;
  let touchable = false;
  for (let i = 0; i < holes.length; i++) {
    const hole = holes[i];
    const inOrder = hole.from > end || (hole.from === end && touchable);
    if (hole.length < 1 || !inOrder || hole.from + hole.length > next) {
      throw refusal(
        "RECEIPT_HOLES",
        "hole " + i + " is empty, out of order, touching, or not below the next sequence",
      );
    }
    end = hole.from + hole.length;
    touchable = hole.length === MAX_HOLE;
  }
}

export function encodeReceipt(receipt: Receipt): Uint8Array {
  checkHoles(receipt.holes, receipt.next);
  const writer = new Writer(FIXED_BYTES + 1 + 6 * receipt.holes.length)
    .raw(receipt.storeId, STORE_ID_BYTES)
    .raw(receipt.generation, 8)
    .uint(receipt.checkpointSize, 8)
    .raw(receipt.checkpointRoot, HASH_BYTES)
    .uint(receipt.recording, 4)
    .uint(receipt.next, 4)
    .uint(receipt.holes.length, 1);
  for (let i = 0; i < receipt.holes.length; i++)
    writer.uint(receipt.holes[i].from, 4).uint(receipt.holes[i].length, 2);
  return writer.done();
}

/** @throws RECEIPT_* */
export function decodeReceipt(body: Uint8Array): Receipt {
  // Field by field where it stands: a handheld reads one a second.
  const count = body.length > FIXED_BYTES ? body[FIXED_BYTES] : 0;
  const length = FIXED_BYTES + 1 + 6 * count;
  if (body.length < length)
    throw refusal("RECEIPT_TRUNCATED", "receipt ends after " + body.length + " bytes, " + length + " needed");
  if (count > MAX_HOLES) throw refusal("RECEIPT_HOLES", count + " holes: " + MAX_HOLES + " at most");
  if (body.length > length)
    throw refusal("RECEIPT_TRAILING", "receipt has " + (body.length - length) + " bytes too many");
  const checkpointSize = takeBytes(body, 16, 8);
  if (checkpointSize > MAX_EXACT) throw refusal("RECEIPT_RANGE", "a count beyond 2^53-1 was refused");
  const receipt: Receipt = {
    storeId: cut(body, 0, 8),
    generation: cut(body, 8, 16),
    checkpointSize,
    checkpointRoot: cut(body, 24, 56),
    recording: takeBytes(body, 56, 4),
    next: takeBytes(body, 60, 4),
    holes: [],
  };
  for (let at = FIXED_BYTES + 1; at < length; at += 6)
    receipt.holes.push({ from: takeBytes(body, at, 4), length: takeBytes(body, at + 4, 2) });
  checkHoles(receipt.holes, receipt.next);
  return receipt;
}

/**
 * States `missing` within a receipt's limits: long runs are split, and where eight holes do not suffice `next` is
 * lowered to the ninth, so that a receipt never claims a frame that the store lacks.
 * @param missing runs below `next`, ascending, not touching
 */
export function boundHoles(missing: Hole[], next: number): { next: number; holes: Hole[] } {
  const holes: Hole[] = [];
  for (let i = 0; i < missing.length; i++) {
    let from = missing[i].from;
    const end = from + missing[i].length;
    while (from < end) {
      if (holes.length === MAX_HOLES) return { next: from, holes };
      const length = Math.min(end - from, MAX_HOLE);
      holes.push({ from, length });
      from += length;
    }
  }
  return { next, holes };
}
