/** The receipt: the only thing that frees a handheld's flash. */
import { Reader, Writer } from "./bytes";
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
  const reader = new Reader(body, "RECEIPT");
  const receipt: Receipt = {
    storeId: reader.raw(STORE_ID_BYTES),
    generation: reader.raw(8),
    checkpointSize: reader.uint(8),
    checkpointRoot: reader.raw(HASH_BYTES),
    recording: reader.uint(4),
    next: reader.uint(4),
    holes: [],
  };
  const count = reader.uint(1);
  if (count > MAX_HOLES) throw refusal("RECEIPT_HOLES", count + " holes: " + MAX_HOLES + " at most");
  for (let i = 0; i < count; i++) receipt.holes.push({ from: reader.uint(4), length: reader.uint(2) });
  reader.end();
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
