/** Bytes of one flash page of the ring: a checked header, two words that are cleared later, then records. */
import { concat, cut, Reader, Writer } from "../protocol/bytes";
import { HASH_BYTES } from "../protocol/chain";
import type { Flash } from "./board/board";

const MAGIC = 0x5247;
const CRC_BYTES = 4;
const CHECKED_BYTES = 2 + 2 + 4 + 4 + 4 + 8 + HASH_BYTES;
/** The two words behind the header: all ones when written, cleared once. */
const RELEASED_AT = CHECKED_BYTES + CRC_BYTES;
const MARKED_AT = RELEASED_AT + 4;
export const FIRST_RECORD_AT = MARKED_AT + 4;
const RECORD_HEAD_BYTES = 12;
const COMMIT_BYTES = 4;
const CLEARED = new Uint8Array(4);

/** What a page says of itself. All its frames belong to one recording and follow each other. */
export interface PageHead {
  /** Rises by one with every page written: the order of pages in time. */
  serial: number;
  epoch: number;
  recording: number;
  firstSequence: number;
  /** Sample index per lead before the first frame. */
  firstSample: number;
  /** The recording's chain before the first frame. */
  chain: Uint8Array;
}

/** A frame in flash. */
export interface PageRecord {
  frame: Uint8Array;
  /** Sample index per lead after this frame. */
  endSample: number;
  /** Where the next record begins in the page. */
  nextAt: number;
}

type Crc32 = (bytes: Uint8Array) => number;

function recordBytes(frameBytes: number): number {
  return Math.ceil((RECORD_HEAD_BYTES + frameBytes) / 4) * 4 + CRC_BYTES + COMMIT_BYTES;
}

/** Offset behind a record of this frame, should it begin at `at`. */
export function recordEnd(at: number, frameBytes: number): number {
  return at + recordBytes(frameBytes);
}

function checked(bytes: Uint8Array, crc32: Crc32): Uint8Array {
  return concat([bytes, new Writer(CRC_BYTES).uint(crc32(bytes), CRC_BYTES).done()]);
}

/** Writes the header into an erased page. */
export function writeHead(flash: Flash, page: number, head: PageHead, crc32: Crc32): void {
  const bytes = new Writer(CHECKED_BYTES)
    .uint(MAGIC, 2)
    .uint(head.epoch, 2)
    .uint(head.serial, 4)
    .uint(head.recording, 4)
    .uint(head.firstSequence, 4)
    .uint(head.firstSample, 8)
    .raw(head.chain, HASH_BYTES)
    .done();
  flash.write(page * flash.pageBytes, checked(bytes, crc32));
}

/** The page's header, or nothing when it is erased, torn or foreign. */
export function readHead(flash: Flash, page: number, crc32: Crc32): PageHead | undefined {
  const bytes = flash.read(page * flash.pageBytes, CHECKED_BYTES + CRC_BYTES);
  const reader = new Reader(bytes, "PAGE");
  if (reader.uint(2) !== MAGIC) return undefined;
  if (
    new Reader(cut(bytes, CHECKED_BYTES, bytes.length), "PAGE").uint(4) !==
    crc32(cut(bytes, 0, CHECKED_BYTES))
  ) {
    return undefined;
  }
  const epoch = reader.uint(2);
  return {
    epoch,
    serial: reader.uint(4),
    recording: reader.uint(4),
    firstSequence: reader.uint(4),
    firstSample: reader.uint(8),
    chain: reader.raw(HASH_BYTES),
  };
}

function isCleared(flash: Flash, address: number): boolean {
  const word = flash.read(address, 4);
  return (word[0] | word[1] | word[2] | word[3]) === 0;
}

export function isReleased(flash: Flash, page: number): boolean {
  return isCleared(flash, page * flash.pageBytes + RELEASED_AT);
}

/** Notes in flash that the store holds the whole page, so that a restart does not count it as backlog. */
export function writeReleased(flash: Flash, page: number): void {
  flash.write(page * flash.pageBytes + RELEASED_AT, CLEARED);
}

export function isMarked(flash: Flash, page: number): boolean {
  return isCleared(flash, page * flash.pageBytes + MARKED_AT);
}

export function writeMarked(flash: Flash, page: number): void {
  flash.write(page * flash.pageBytes + MARKED_AT, CLEARED);
}

/**
 * Appends a frame, reads it back, and only then commits it.
 * @returns where the next record begins, or 0 when the worn page does not keep it
 */
export function writeRecord(
  flash: Flash,
  page: number,
  at: number,
  frame: Uint8Array,
  endSample: number,
  crc32: Crc32,
): number {
  const head = new Writer(RECORD_HEAD_BYTES).uint(frame.length, 2).uint(0xffff, 2).uint(endSample, 8).done();
  const body = new Uint8Array(recordBytes(frame.length) - CRC_BYTES - COMMIT_BYTES);
  body.fill(0xff);
  body.set(head, 0);
  body.set(frame, RECORD_HEAD_BYTES);
  const address = page * flash.pageBytes + at;
  flash.write(address, checked(body, crc32));
  const nextAt = at + recordBytes(frame.length);
  const back = flash.read(address, body.length + CRC_BYTES);
  if (
    crc32(cut(back, 0, body.length)) !== new Reader(cut(back, body.length, back.length), "RECORD").uint(4)
  ) {
    return 0;
  }
  flash.write(address + body.length + CRC_BYTES, CLEARED);
  return nextAt;
}

/** Length of the committed frame at `at`, or 0 where the page's records end. */
function recordLength(flash: Flash, page: number, at: number): number {
  if (at + RECORD_HEAD_BYTES > flash.pageBytes) return 0;
  const head = flash.read(page * flash.pageBytes + at, 4);
  const length = (head[0] << 8) | head[1];
  const end = recordEnd(at, length);
  if (end > flash.pageBytes || !isCleared(flash, page * flash.pageBytes + end - COMMIT_BYTES)) return 0;
  return length;
}

/** The committed, intact record at `at`, or nothing where the page's records end. */
export function readRecord(flash: Flash, page: number, at: number, crc32: Crc32): PageRecord | undefined {
  const length = recordLength(flash, page, at);
  if (length === 0) return undefined;
  const bodyBytes = recordBytes(length) - CRC_BYTES - COMMIT_BYTES;
  const bytes = flash.read(page * flash.pageBytes + at, bodyBytes + CRC_BYTES);
  if (new Reader(cut(bytes, bodyBytes, bytes.length), "RECORD").uint(4) !== crc32(cut(bytes, 0, bodyBytes))) {
    return undefined;
  }
  return {
    frame: cut(bytes, RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + length),
    endSample: new Reader(cut(bytes, 4, RECORD_HEAD_BYTES), "RECORD").uint(8),
    nextAt: recordEnd(at, length),
  };
}
