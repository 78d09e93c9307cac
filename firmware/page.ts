/** Bytes of one flash page of the ring: a checked header, two words that are cleared later, then records. */
import { cut, putBytes, takeBytes } from "../protocol/bytes";
import { HASH_BYTES } from "../protocol/chain";
import type { Flash } from "./board/board";

const MAGIC = 0x5247;
const CRC_BYTES = 4;
const CHAIN_AT = 2 + 2 + 4 + 4 + 4 + 8;
const CHECKED_BYTES = CHAIN_AT + HASH_BYTES;
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

/** A head as it stands in flash, with the two words behind it. */
export interface FoundHead extends PageHead {
  /** The store held the whole page. */
  released: boolean;
  /** The owner marked a moment here. */
  marked: boolean;
}

/** A frame in flash. */
export interface PageRecord {
  frame: Uint8Array;
  /** Sample index per lead after this frame. */
  endSample: number;
  /** Where the next record begins in the page. */
  nextAt: number;
}

export type Crc32 = (bytes: Uint8Array) => number;

/** Sample counts stay below 2^53. */
function putCount(bytes: Uint8Array, at: number, count: number): void {
  putBytes(bytes, at, (count / 4294967296) | 0, 4);
  putBytes(bytes, at + 4, count | 0, 4);
}

function isCleared(bytes: Uint8Array, at: number): boolean {
  return takeBytes(bytes, at, 4) === 0;
}

function recordBytes(frameBytes: number): number {
  return ((RECORD_HEAD_BYTES + frameBytes + 3) & ~3) + CRC_BYTES + COMMIT_BYTES;
}

/** Offset behind a record of this frame, should it begin at `at`. */
export function recordEnd(at: number, frameBytes: number): number {
  return at + recordBytes(frameBytes);
}

/** The page's header, or nothing when it is erased, torn or foreign: one read of the flash. */
export function readHead(flash: Flash, page: number, crc32: Crc32): FoundHead | undefined {
  const bytes = flash.read(page * flash.pageBytes, FIRST_RECORD_AT);
  if (takeBytes(bytes, 0, 2) !== MAGIC) return undefined;
  if (takeBytes(bytes, CHECKED_BYTES, CRC_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES)))
    return undefined;
  return {
    serial: takeBytes(bytes, 4, 4),
    epoch: takeBytes(bytes, 2, 2),
    recording: takeBytes(bytes, 8, 4),
    firstSequence: takeBytes(bytes, 12, 4),
    firstSample: takeBytes(bytes, 16, 8),
    chain: cut(bytes, CHAIN_AT, CHECKED_BYTES),
    released: isCleared(bytes, RELEASED_AT),
    marked: isCleared(bytes, MARKED_AT),
  };
}

/** Writes the header into an erased page. @returns false when the worn page does not keep it */
export function writeHead(flash: Flash, page: number, head: PageHead, crc32: Crc32): boolean {
  const bytes = new Uint8Array(CHECKED_BYTES + CRC_BYTES);
  putBytes(bytes, 0, MAGIC, 2);
  putBytes(bytes, 2, head.epoch, 2);
  putBytes(bytes, 4, head.serial | 0, 4);
  putBytes(bytes, 8, head.recording | 0, 4);
  putBytes(bytes, 12, head.firstSequence | 0, 4);
  putCount(bytes, 16, head.firstSample);
  bytes.set(head.chain, CHAIN_AT);
  putBytes(bytes, CHECKED_BYTES, crc32(bytes.subarray(0, CHECKED_BYTES)) | 0, CRC_BYTES);
  flash.write(page * flash.pageBytes, bytes);
  return readHead(flash, page, crc32) !== undefined;
}

/** Notes in flash that the store holds the whole page, so that a restart does not count it as backlog. */
export function writeReleased(flash: Flash, page: number): void {
  flash.write(page * flash.pageBytes + RELEASED_AT, CLEARED);
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
  const body = recordBytes(frame.length) - CRC_BYTES - COMMIT_BYTES;
  const length = body + CRC_BYTES;
  const bytes = new Uint8Array(length);
  bytes.fill(0xff);
  putBytes(bytes, 0, frame.length, 2);
  putCount(bytes, 4, endSample);
  bytes.set(frame, RECORD_HEAD_BYTES);
  putBytes(bytes, body, crc32(bytes.subarray(0, body)) | 0, CRC_BYTES);
  const address = page * flash.pageBytes + at;
  flash.write(address, bytes);
  if (crc32(flash.read(address, length)) !== crc32(bytes)) return 0;
  flash.write(address + length, CLEARED);
  return at + length + COMMIT_BYTES;
}

/** Where a record that begins with `head` at `at` of a page would end, or 0 where it does not fit into it. */
function endOf(flash: Flash, at: number, head: Uint8Array): number {
  const end = at + recordBytes(takeBytes(head, 0, 2));
  return end > flash.pageBytes ? 0 : end;
}

/** Where the committed record at `at` ends, or 0 where the page's records end; its frame is not looked at. */
export function nextRecord(flash: Flash, page: number, at: number): number {
  const address = page * flash.pageBytes;
  if (at + RECORD_HEAD_BYTES > flash.pageBytes) return 0;
  const end = endOf(flash, at, flash.read(address + at, 4));
  if (end === 0) return 0;
  return isCleared(flash.read(address + end - COMMIT_BYTES, COMMIT_BYTES), 0) ? end : 0;
}

/** The committed, intact record at `at`, or nothing where the page's records end. */
export function readRecord(flash: Flash, page: number, at: number, crc32: Crc32): PageRecord | undefined {
  const address = page * flash.pageBytes + at;
  if (at + RECORD_HEAD_BYTES > flash.pageBytes) return undefined;
  const nextAt = endOf(flash, at, flash.read(address, 4));
  if (nextAt === 0) return undefined;
  const bytes = flash.read(address, nextAt - at);
  const body = bytes.length - COMMIT_BYTES - CRC_BYTES;
  if (!isCleared(bytes, body + CRC_BYTES)) return undefined;
  if (takeBytes(bytes, body, CRC_BYTES) !== crc32(bytes.subarray(0, body))) return undefined;
  return {
    frame: cut(bytes, RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + takeBytes(bytes, 0, 2)),
    endSample: takeBytes(bytes, 4, 8),
    nextAt,
  };
}
