/**
 * What a program that stores DICOM objects says and hears, as bytes: protocol data units (PS3.8 §9.3, big endian) and
 * the commands in them (PS3.7 §9.3, implicit VR, little endian). No state, no socket.
 */

/** Types of protocol data units. */
export const Pdu = {
  request: 1,
  accept: 2,
  reject: 3,
  data: 4,
  releaseRequest: 5,
  releaseAnswer: 6,
  abort: 7,
};
/** Of every unit: type, a byte of nothing, length. */
export const PDU_HEAD = 6;
/** Explicit VR little endian: the only one in which our files are, and no archive is without it. */
const TRANSFER_SYNTAX = "1.2.840.10008.1.2.1";
const APPLICATION = "1.2.840.10008.3.1.1.1";
const IMPLEMENTATION = "2.25.207443527412915238127344690327462913";
/** Longest data unit that we take: answers are short. */
const MAX_HEARD = 16_384;
/** Before a fragment: the unit's head, the fragment's length, context and kind. */
export const FRAGMENT_HEAD = PDU_HEAD + 6;

export interface Titles {
  called: string;
  calling: string;
}

/** Asks for an association. @param classes of the objects to store; that at index i is context 2i + 1 */
export function associateRequest({ called, calling }: Titles, classes: string[]): Buffer {
  const contexts = classes.map((uid, index) =>
    item(
      0x20,
      Buffer.from([contextOf(index), 0, 0, 0]),
      item(0x30, Buffer.from(uid)),
      item(0x40, Buffer.from(TRANSFER_SYNTAX)),
    ),
  );
  const user = item(
    0x50,
    item(0x51, uint32(MAX_HEARD)),
    item(0x52, Buffer.from(IMPLEMENTATION)),
    item(0x55, Buffer.from("AVNODE")),
  );
  const version = Buffer.from([0, 1, 0, 0]);
  const titles = Buffer.from(called.padEnd(16) + calling.padEnd(16), "latin1");
  return unit(
    Pdu.request,
    ...[version, titles, Buffer.alloc(32), item(0x10, Buffer.from(APPLICATION)), ...contexts, user],
  );
}

export const contextOf = (index: number) => 2 * index + 1;

export interface Accepted {
  /** By context: 0 where it was accepted, else why not (PS3.8 §9.3.3.2). */
  results: Map<number, number>;
  /** Longest data unit that the other takes, without its head; 0 for any. */
  maxLength: number;
}

/** @throws RangeError where it is cut short */
export function readAccept(body: Buffer): Accepted {
  const accepted: Accepted = { results: new Map(), maxLength: 0 };
  for (const [type, value] of items(body.subarray(68))) {
    if (type === 0x21) accepted.results.set(value.readUInt8(0), value.readUInt8(2));
    if (type !== 0x50) continue;
    for (const [kind, inner] of items(value)) if (kind === 0x51) accepted.maxLength = inner.readUInt32BE(0);
  }
  return accepted;
}

export const releaseRequest = () => unit(Pdu.releaseRequest, Buffer.alloc(4));

/** One fragment of a command or of a data set. */
export function dataUnit(context: number, isCommand: boolean, isLast: boolean, value: Uint8Array): Buffer {
  const kind = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return unit(Pdu.data, uint32(value.length + 2), Buffer.from([context, kind]), value);
}

export interface Fragment {
  isCommand: boolean;
  isLast: boolean;
  value: Buffer;
}

/** @throws RangeError where it is cut short */
export function readFragments(body: Buffer): Fragment[] {
  const fragments: Fragment[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    if (end > body.length || end < at + 6) throw new RangeError("a fragment that is cut short");
    const kind = body.readUInt8(at + 5);
    const [isCommand, isLast] = [(kind & 1) !== 0, (kind & 2) !== 0];
    fragments.push({ isCommand, isLast, value: body.subarray(at + 6, end) });
    at = end;
  }
  return fragments;
}

/** A C-STORE request; its data set follows. */
export function storeRequest(message: number, sopClass: string, instance: string): Buffer {
  const rest = Buffer.concat([
    element(0x0002, uid(sopClass)),
    element(0x0100, uint16(0x0001)),
    element(0x0110, uint16(message)),
    element(0x0700, uint16(0)),
    // Anything but 0101: a data set is there.
    element(0x0800, uint16(0x0001)),
    element(0x1000, uid(instance)),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(rest.length);
  return Buffer.concat([element(0x0000, length), rest]);
}

export interface StoreAnswer {
  /** Of the request that it answers. */
  message: number;
  status: number;
}

/** @throws RangeError where it is cut short, or is no answer to a C-STORE request */
export function readStoreAnswer(command: Buffer): StoreAnswer {
  const values = new Map<number, number>();
  for (let at = 0; at < command.length; ) {
    const length = command.readUInt32LE(at + 4);
    const value = command.subarray(at + 8, at + 8 + length);
    if (value.length < length) throw new RangeError("a command that is cut short");
    if (command.readUInt16LE(at) === 0 && length === 2)
      values.set(command.readUInt16LE(at + 2), value.readUInt16LE(0));
    at += 8 + length;
  }
  const [kind, message, status] = [values.get(0x0100), values.get(0x0120), values.get(0x0900)];
  if (kind !== 0x8001 || message === undefined || status === undefined)
    throw new RangeError("no answer to what was stored");
  return { message, status };
}

export interface Part10 {
  sopClass: string;
  instance: string;
  /** The data set, as it stands in the file. */
  dataSet: Uint8Array;
}

/** A file of part 10 taken apart. @throws RangeError where it is none of ours */
export function readPart10(file: Uint8Array): Part10 {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString("latin1", 128, 132) !== "DICM") throw new RangeError("no DICOM file");
  const end = 144 + bytes.readUInt32LE(140);
  const found = new Map<number, string>();
  for (let at = 144; at < end; ) {
    const isLong = bytes.toString("latin1", at + 4, at + 6) === "OB";
    const from = at + (isLong ? 12 : 8);
    const to = from + (isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
    found.set(bytes.readUInt16LE(at + 2), bytes.toString("latin1", from, to).replace(/\0$/, ""));
    at = to;
  }
  const [sopClass, instance] = [found.get(0x0002), found.get(0x0003)];
  if (!sopClass || !instance || found.get(0x0010) !== TRANSFER_SYNTAX)
    throw new RangeError("a DICOM file that is not in explicit VR little endian");
  return { sopClass, instance, dataSet: bytes.subarray(end) };
}

function unit(type: number, ...parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([type, 0]), uint32(length), ...parts]);
}

function item(type: number, ...parts: Uint8Array[]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([Buffer.from([type, 0]), length, ...parts]);
}

function* items(bytes: Buffer): Generator<[number, Buffer]> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw new RangeError("an item that is cut short");
    yield [bytes.readUInt8(at), bytes.subarray(at + 4, end)];
    at = end;
  }
}

/** Of group 0000. */
function element(number: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

const uid = (value: string) => Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, "latin1");

function uint16(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16LE(value);
  return two;
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}
