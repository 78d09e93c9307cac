/** Bytes of one flash page of the ring: a checked header, two words that are cleared later, then records. */
import { cut } from "../protocol/bytes";
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** DataView has no whole 64-bit number on the handheld; sample counts stay below 2^53. */
function putCount(view: DataView, at: number, count: number): void {
  view.setUint32(at, Math.floor(count / 4294967296));
  view.setUint32(at + 4, count >>> 0);
}

function getCount(view: DataView, at: number): number {
  return view.getUint32(at) * 4294967296 + view.getUint32(at + 4);
}

function recordBytes(frameBytes: number): number {
  return Math.ceil((RECORD_HEAD_BYTES + frameBytes) / 4) * 4 + CRC_BYTES + COMMIT_BYTES;
}

/** Offset behind a record of this frame, should it begin at `at`. */
export function recordEnd(at: number, frameBytes: number): number {
  return at + recordBytes(frameBytes);
}

/** The page's header, or nothing when it is erased, torn or foreign: one read of the flash. */
export function readHead(flash: Flash, page: number, crc32: Crc32): FoundHead | undefined {
  const bytes = flash.read(page * flash.pageBytes, FIRST_RECORD_AT);
  const view = viewOf(bytes);
  if (view.getUint16(0) !== MAGIC) return undefined;
  if (view.getUint32(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return undefined;
  return {
    serial: view.getUint32(4),
    epoch: view.getUint16(2),
    recording: view.getUint32(8),
    firstSequence: view.getUint32(12),
    firstSample: getCount(view, 16),
    chain: cut(bytes, CHAIN_AT, CHECKED_BYTES),
    released: view.getUint32(RELEASED_AT) === 0,
    marked: view.getUint32(MARKED_AT) === 0,
  };
}

/** Writes the header into an erased page. @returns false when the worn page does not keep it */
export function writeHead(flash: Flash, page: number, head: PageHead, crc32: Crc32): boolean {
  const bytes = new Uint8Array(CHECKED_BYTES + CRC_BYTES);
  const view = viewOf(bytes);
  view.setUint16(0, MAGIC);
  view.setUint16(2, head.epoch);
  view.setUint32(4, head.serial);
  view.setUint32(8, head.recording);
  view.setUint32(12, head.firstSequence);
  putCount(view, 16, head.firstSample);
  bytes.set(head.chain, CHAIN_AT);
  view.setUint32(CHECKED_BYTES, crc32(bytes.subarray(0, CHECKED_BYTES)));
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
  const bytes = new Uint8Array(recordBytes(frame.length) - COMMIT_BYTES);
  bytes.fill(0xff);
  const view = viewOf(bytes);
  view.setUint16(0, frame.length);
  putCount(view, 4, endSample);
  bytes.set(frame, RECORD_HEAD_BYTES);
  const body = bytes.length - CRC_BYTES;
  view.setUint32(body, crc32(bytes.subarray(0, body)));
  const address = page * flash.pageBytes + at;
  flash.write(address, bytes);
  if (crc32(flash.read(address, bytes.length)) !== crc32(bytes)) return 0;
  flash.write(address + bytes.length, CLEARED);
  return at + bytes.length + COMMIT_BYTES;
}

/** Where the committed record at `at` ends, or 0 where the page's records end; its frame is not looked at. */
export function nextRecord(flash: Flash, page: number, at: number): number {
  const address = page * flash.pageBytes;
  if (at + RECORD_HEAD_BYTES > flash.pageBytes) return 0;
  const end = recordEnd(at, viewOf(flash.read(address + at, 4)).getUint16(0));
  if (end > flash.pageBytes) return 0;
  return viewOf(flash.read(address + end - COMMIT_BYTES, COMMIT_BYTES)).getUint32(0) === 0 ? end : 0;
}

/** The committed, intact record at `at`, or nothing where the page's records end. */
export function readRecord(flash: Flash, page: number, at: number, crc32: Crc32): PageRecord | undefined {
  const nextAt = nextRecord(flash, page, at);
  if (nextAt === 0) return undefined;
  const bytes = flash.read(page * flash.pageBytes + at, nextAt - COMMIT_BYTES - at);
  const view = viewOf(bytes);
  const body = bytes.length - CRC_BYTES;
  if (view.getUint32(body) !== crc32(bytes.subarray(0, body))) return undefined;
  return {
    frame: cut(bytes, RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + view.getUint16(0)),
    endSample: getCount(view, 4),
    nextAt,
  };
}
