/** Bodies of the data, drop, mark and close frames. */
import { ascii, concat, isZero, putUint, Reader, Writer } from "./bytes";
import { HASH_BYTES } from "./chain";
import { DEVICE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

/** A block and where it stands. */
export interface Data {
  /** Index of the block's first sample, counted per lead from the recording's start, gaps included. */
  firstSample: number;
  block: Uint8Array;
}

export function encodeData(data: Data): Uint8Array {
  const length = data.block.length;
  const body = new Uint8Array(6 + length);
  putUint(body, 0, data.firstSample, 6);
  body.set(data.block, 6);
  return body;
}

/** @throws DATA_* */
export function decodeData(body: Uint8Array): Data {
  const reader = new Reader(body, "DATA");
  const firstSample = reader.uint(6);
  if (reader.left() === 0) throw refusal("DATA_EMPTY", "a data frame carries no block");
  return { firstSample, block: reader.rest() };
}

export const DropReason = { ringFull: 1, frontEnd: 2 };

/** A declared gap. */
export interface Drop {
  reason: number;
  /** The recording that lost frames: usually this one, an older one if the ring still held it. */
  recording: number;
  /** Sequences lost, both ends included; both 0 when the front end lost samples before they became frames. */
  from: number;
  to: number;
  /** First sample lost and how many, per lead. */
  firstSample: number;
  samples: number;
  /**
   * Chain before frame `from`: it ties what came before the gap to what came behind it. Zeros for the front end, and
   * where the ring no longer knows it.
   */
  before: Uint8Array;
  /** Chain after frame `to`, so that verification goes on behind it; zeros for the front end. */
  chain: Uint8Array;
}

const DROP_BYTES = 1 + 4 + 4 + 4 + 6 + 6 + 2 * HASH_BYTES;

function checkDrop(drop: Drop): Drop {
  if (drop.reason !== DropReason.ringFull && drop.reason !== DropReason.frontEnd) {
    throw refusal("DROP_REASON", "drop reason " + drop.reason + " is not known");
  }
  if (drop.from > drop.to) throw refusal("DROP_RANGE", "dropped from " + drop.from + " to " + drop.to);
  const isEmpty = drop.to === 0 && isZero(drop.before) && isZero(drop.chain);
  if (drop.reason === DropReason.frontEnd && !isEmpty) {
    throw refusal("DROP_RANGE", "the front end loses no frames: range and chains must be zero");
  }
  return drop;
}

export function encodeDrop(drop: Drop): Uint8Array {
  checkDrop(drop);
  return new Writer(DROP_BYTES)
    .uint(drop.reason, 1)
    .uint(drop.recording, 4)
    .uint(drop.from, 4)
    .uint(drop.to, 4)
    .uint(drop.firstSample, 6)
    .uint(drop.samples, 6)
    .raw(drop.before, HASH_BYTES)
    .raw(drop.chain, HASH_BYTES)
    .done();
}

/** @throws DROP_* */
export function decodeDrop(body: Uint8Array): Drop {
  const reader = new Reader(body, "DROP");
  const drop: Drop = {
    reason: reader.uint(1),
    recording: reader.uint(4),
    from: reader.uint(4),
    to: reader.uint(4),
    firstSample: reader.uint(6),
    samples: reader.uint(6),
    before: reader.raw(HASH_BYTES),
    chain: reader.raw(HASH_BYTES),
  };
  reader.end();
  return checkDrop(drop);
}

export const MarkKind = { symptom: 1, leadOff: 2, leadOn: 3, ringNearlyFull: 4 };

/** A moment that the owner or the handheld pointed at. */
export interface Mark {
  kind: number;
  sample: number;
  /** Handheld's uptime in ms. */
  uptimeMs: number;
}

function checkMark(mark: Mark): Mark {
  if (mark.kind < MarkKind.symptom || mark.kind > MarkKind.ringNearlyFull) {
    throw refusal("MARK_KIND", "mark kind " + mark.kind + " is not known");
  }
  return mark;
}

export function encodeMark(mark: Mark): Uint8Array {
  checkMark(mark);
  return new Writer(13).uint(mark.kind, 1).uint(mark.sample, 6).uint(mark.uptimeMs, 6).done();
}

/** @throws MARK_* */
export function decodeMark(body: Uint8Array): Mark {
  const reader = new Reader(body, "MARK");
  const mark: Mark = { kind: reader.uint(1), sample: reader.uint(6), uptimeMs: reader.uint(6) };
  reader.end();
  return checkMark(mark);
}

export const CloseReason = { complete: 1, stopped: 2, lowBattery: 3, error: 4 };

/** The recording's last frame: counts and hashes that everything before it must match. */
export interface Close {
  /** Frames before this one, and so its sequence. */
  frames: number;
  /** Sample positions per lead, gaps included. */
  samples: number;
  /** Of those, how many stand in declared gaps. */
  dropped: number;
  chain: Uint8Array;
  /** SHA-256 of the previous recording's close as signed; zeros when it has none. */
  previousClose: Uint8Array;
  /** Newest checkpoint that a receipt brought; zeros until there is a log. */
  checkpointSize: number;
  checkpointRoot: Uint8Array;
  uptimeMs: number;
  batteryMillivolts: number;
  reason: number;
}

const CLOSE_BYTES = 4 + 8 + 8 + 3 * HASH_BYTES + 8 + 8 + 2 + 1;

function checkClose(close: Close): Close {
  if (close.reason < CloseReason.complete || close.reason > CloseReason.error) {
    throw refusal("CLOSE_REASON", "close reason " + close.reason + " is not known");
  }
  if (close.dropped > close.samples) throw refusal("CLOSE_COUNTS", "more samples dropped than there were");
  return close;
}

export function encodeClose(close: Close): Uint8Array {
  checkClose(close);
  return new Writer(CLOSE_BYTES)
    .uint(close.frames, 4)
    .uint(close.samples, 8)
    .uint(close.dropped, 8)
    .raw(close.chain, HASH_BYTES)
    .raw(close.previousClose, HASH_BYTES)
    .uint(close.checkpointSize, 8)
    .raw(close.checkpointRoot, HASH_BYTES)
    .uint(close.uptimeMs, 8)
    .uint(close.batteryMillivolts, 2)
    .uint(close.reason, 1)
    .done();
}

/** @throws CLOSE_* */
export function decodeClose(body: Uint8Array): Close {
  const reader = new Reader(body, "CLOSE");
  const close: Close = {
    frames: reader.uint(4),
    samples: reader.uint(8),
    dropped: reader.uint(8),
    chain: reader.raw(HASH_BYTES),
    previousClose: reader.raw(HASH_BYTES),
    checkpointSize: reader.uint(8),
    checkpointRoot: reader.raw(HASH_BYTES),
    uptimeMs: reader.uint(8),
    batteryMillivolts: reader.uint(2),
    reason: reader.uint(1),
  };
  reader.end();
  return checkClose(close);
}

/** The close as a handheld signs it and as the next recording's `previousClose` hashes it. */
export function signedClose(
  device: Uint8Array,
  epoch: number,
  recording: number,
  body: Uint8Array,
): Uint8Array {
  const place = new Writer(1 + DEVICE_ID_BYTES + 2 + 4)
    .uint(0, 1)
    .raw(device, DEVICE_ID_BYTES)
    .uint(epoch, 2)
    .uint(recording, 4)
    .done();
  return concat([ascii("avnode/close/v1"), place, body]);
}
