/** The 11 clear bytes before every sealed frame; with two zero bytes they are its nonce, so every bit of them is bound. */
import { Reader, Writer } from "./bytes";
import { refusal } from "./refusal";

export const VERSION = 1;
export const HEADER_BYTES = 11;
export const TAG_BYTES = 8;
export const MAX_CIPHERTEXT_BYTES = 2048;
export const MAX_FRAME_BYTES = HEADER_BYTES + MAX_CIPHERTEXT_BYTES + TAG_BYTES;
/** Recording numbers and sequences stop one short of the field's end, so that "next" always fits. */
export const MAX_NUMBER = 0xfffffffe;

/** Frames of a recording are 1 to 6, messages of a session 8 to 11, the clear nonce exchange 13 to 15. */
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
  if (header.type < FrameType.open || header.type > FrameType.claim || header.type === 7) {
    throw refusal("FRAME_TYPE", "type " + header.type + " is not a sealed frame");
  }
  if (isRecorded(header.type) !== header.recording > 0) {
    throw refusal("FRAME_NUMBER", "recordings count from 1; session messages bear recording 0");
  }
  if (header.recording > MAX_NUMBER || header.sequence > MAX_NUMBER) {
    throw refusal("FRAME_NUMBER", "recording or sequence 2^32-1 is reserved");
  }
}

/** @throws FRAME_TYPE, FRAME_NUMBER, FIELD_RANGE */
export function encodeHeader(header: Header): Uint8Array {
  check(header);
  return new Writer(HEADER_BYTES)
    .uint((VERSION << 4) | header.type, 1)
    .uint(header.epoch, 2)
    .uint(header.recording, 4)
    .uint(header.sequence, 4)
    .done();
}

/** @throws FRAME_TRUNCATED, FRAME_VERSION, FRAME_TYPE, FRAME_NUMBER, FRAME_LENGTH */
export function decodeHeader(frame: Uint8Array): Header {
  const reader = new Reader(frame, "FRAME");
  const first = reader.uint(1);
  const header: Header = {
    type: first & 15,
    epoch: reader.uint(2),
    recording: reader.uint(4),
    sequence: reader.uint(4),
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
  return new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES).getUint32(3);
}

export function sequenceOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES).getUint32(7);
}
