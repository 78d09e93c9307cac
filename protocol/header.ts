/** The 11 clear bytes before every sealed frame; with two zero bytes they are its nonce, so every bit of them is bound. */
import { putBytes, takeBytes } from "./bytes";
import { refusal } from "./refusal";

export const VERSION = 1;
export const HEADER_BYTES = 11;
export const TAG_BYTES = 8;
export const MAX_CIPHERTEXT_BYTES = 2048;
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_CIPHERTEXT_BYTES + TAG_BYTES;
/** Recording numbers and sequences stop one short of the field's end, so that "next" always fits. */
export const MAX_NUMBER = 0xfffffffe;

/** Frames of a recording are 1 to 6, messages of a session 8 to 12, the clear nonce exchange 13 to 15. */
export const FrameType = {
  open: 1,
  data: 2,
  drop: 3,
  mark: 4,
  close: 5,
  signature: 6,
  receipt: 8,
  command: 9,
  status: 10,
  claim: 11,
  update: 12,
  helloRequest: 13,
  deviceHello: 14,
  storeHello: 15,
};

export interface Header {
  type: number;
  /** Ownership epoch, rises by one with every claim. */
  epoch: number;
  /** Recording number, from 1; 0 in a session message. */
  recording: number;
  /** Place in the recording, one counter over all types; in a session message its counter. */
  sequence: number;
}

/** True for the types that stand in a recording. */
export function isRecorded(type: number): boolean {
  return type >= FrameType.open && type <= FrameType.signature;
}

function check(header: Header): void {
  const type = header.type;
  const recording = header.recording;
  // Most are of a recording, and a handheld looks at each of them.
  if (type >= 1 && type <= 6 && recording > 0 && recording <= MAX_NUMBER && header.sequence <= MAX_NUMBER)
    return;
  if (header.type < FrameType.open || header.type > FrameType.update || header.type === 7) {
    throw refusal("FRAME_TYPE", "type " + header.type + " is not a sealed frame");
  }
  if (isRecorded(header.type) !== header.recording > 0) {
    throw refusal("FRAME_NUMBER", "recordings count from 1; session messages bear recording 0");
  }
  if (header.recording > MAX_NUMBER || header.sequence > MAX_NUMBER) {
    throw refusal("FRAME_NUMBER", "recording or sequence 2^32-1 is reserved");
  }
}

/**
 * Writes the header to the beginning of `bytes`.
 * @throws FRAME_TYPE, FRAME_NUMBER, FIELD_RANGE
 */
export function putHeader(bytes: Uint8Array, header: Header): void {
  check(header);
  const epoch = header.epoch;
  const recording = header.recording;
  const sequence = header.sequence;
  if ((epoch & 0xffff) !== epoch || recording >>> 0 !== recording || sequence >>> 0 !== sequence)
    throw refusal("FIELD_RANGE", "no header has " + [epoch, recording, sequence].join(", "));
  bytes[0] = (VERSION << 4) | header.type;
  putBytes(bytes, 1, epoch, 2);
  putBytes(bytes, 3, recording | 0, 4);
  putBytes(bytes, 7, sequence | 0, 4);
}

/** @throws FRAME_TYPE, FRAME_NUMBER, FIELD_RANGE */
export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  putHeader(bytes, header);
  return bytes;
}

/** @throws FRAME_TRUNCATED, FRAME_VERSION, FRAME_TYPE, FRAME_NUMBER, FRAME_LENGTH */
export function decodeHeader(frame: Uint8Array): Header {
  if (frame.length < HEADER_BYTES)
    throw refusal(
      "FRAME_TRUNCATED",
      "frame ends after " + frame.length + " bytes, " + HEADER_BYTES + " needed",
    );
  const first = frame[0];
  const header: Header = {
    type: first & 15,
    epoch: takeBytes(frame, 1, 2),
    recording: takeBytes(frame, 3, 4),
    sequence: takeBytes(frame, 7, 4),
  };
  if (first >> 4 !== VERSION)
    throw refusal("FRAME_VERSION", "frame version " + (first >> 4) + " is not known");
  check(header);
  const ciphertext = frame.length - HEADER_BYTES - TAG_BYTES;
  if (ciphertext < 32 || ciphertext > MAX_CIPHERTEXT_BYTES || ciphertext % 32 !== 0) {
    throw refusal(
      "FRAME_LENGTH",
      "a frame of " + frame.length + " bytes cannot be: ciphertext comes in 32-byte steps to 2048",
    );
  }
  return header;
}

/** Type, recording and sequence of a frame that is known to be one: unchecked, for whoever looks at many of its own. */
export function typeOf(frame: Uint8Array): number {
  return frame[0] & 15;
}

export function recordingOf(frame: Uint8Array): number {
  return takeBytes(frame, 3, 4);
}

export function sequenceOf(frame: Uint8Array): number {
  return takeBytes(frame, 7, 4);
}
