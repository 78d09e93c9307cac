/**
 * Whether every length in a DICOM object lies within what holds it. dcmjs believes a length and makes one value after the
 * other of bytes that are not there, until memory ends: a broken file of 400 bytes is enough.
 */
import { AdoptError } from "./error";

/** Whose length has four bytes, behind two that are reserved (PS3.5 7.1.2). */
export const LONG_VRS = ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"];
const UNDEFINED = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
/** dcmjs copies what a sequence holds at each level: an ECG's nest three deep. */
const MAX_DEPTH = 8;
const WAVEFORM_DATA = 0x54001010;
/** Of anything but the signal and what holds it: dcmjs splits texts in memory, and copies sequences within sequences. */
const MAX_VALUE = 1 << 20;

/** @param at of the first data element @throws AdoptError DICOM_LENGTH */
export function checkLengths(bytes: Buffer, at: number, implicit: boolean): void {
  elements(bytes, at, bytes.length, implicit, 0);
}

/** @param isOpen until a delimiter instead of `end` @returns where they end */
function elements(
  bytes: Buffer,
  from: number,
  end: number,
  implicit: boolean,
  depth: number,
  isOpen = false,
): number {
  let at = from;
  while (at < end) {
    const tag = tagAt(bytes, at, end);
    if (isOpen && tag === ITEM_END) return at + 8;
    const vr = implicit ? "" : bytes.toString("latin1", at + 4, at + 6);
    const isLong = LONG_VRS.includes(vr);
    if (isLong && at + 12 > end) throw beyond(at);
    const length = implicit
      ? bytes.readUInt32LE(at + 4)
      : isLong
        ? bytes.readUInt32LE(at + 8)
        : bytes.readUInt16LE(at + 6);
    const value = at + (isLong ? 12 : 8);
    // In implicit VR what begins like an item is one, as far as lengths go.
    const isSequence =
      length === UNDEFINED ||
      vr === "SQ" ||
      (implicit && length >= 8 && value + 8 <= end && tagAt(bytes, value, end) === ITEM);
    if (length !== UNDEFINED && length > end - value) throw beyond(at);
    if (!isSequence && tag !== WAVEFORM_DATA && length > MAX_VALUE)
      throw refusal(`has a value of ${length} bytes that is no signal, at byte ${at}`);
    at = isSequence ? items(bytes, value, end, length, implicit || vr === "UN", depth + 1) : value + length;
    if (isSequence && depth > 0 && at - value > MAX_VALUE)
      throw refusal(`has a sequence of ${at - value} bytes within another, at byte ${value}`);
  }
  if (isOpen) throw beyond(at);
  return at;
}

/** @returns where the sequence ends */
function items(
  bytes: Buffer,
  from: number,
  limit: number,
  length: number,
  implicit: boolean,
  depth: number,
): number {
  if (depth > MAX_DEPTH) throw refusal(`nests sequences deeper than ${MAX_DEPTH}`);
  const isOpen = length === UNDEFINED;
  const end = isOpen ? limit : from + length;
  let at = from;
  while (at < end) {
    const tag = tagAt(bytes, at, end);
    if (isOpen && tag === SEQUENCE_END) return at + 8;
    if (tag !== ITEM) throw refusal(`has something else where an item begins, at byte ${at}`);
    const size = bytes.readUInt32LE(at + 4);
    const value = at + 8;
    if (size !== UNDEFINED && size > end - value) throw beyond(at);
    at =
      size === UNDEFINED
        ? elements(bytes, value, end, implicit, depth, true)
        : elements(bytes, value, value + size, implicit, depth);
  }
  if (isOpen) throw beyond(at);
  return at;
}

function tagAt(bytes: Buffer, at: number, end: number): number {
  if (at + 8 > end) throw beyond(at);
  return bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2);
}

function beyond(at: number): AdoptError {
  return refusal(`what begins at byte ${at} is longer than what holds it`);
}

function refusal(what: string): AdoptError {
  return new AdoptError("DICOM_LENGTH", what, "copy the file again from where it came from");
}
