/** DICOM data elements as bytes: explicit VR, little endian, defined lengths (PS3.5 §7.1), in a file of part 10. */

/** A data set: in the order of its tags. */
export type Elements = Uint8Array[];

type Number16 = "US";
type Number32 = "UL";
type Text = "AE" | "AS" | "CS" | "DA" | "DS" | "DT" | "IS" | "LO" | "LT" | "PN" | "SH" | "ST" | "TM" | "UI";
/** Of VRs that have room for long values: two bytes of nothing, and four of length. */
const LONG = new Set(["OB", "OW", "SQ", "UT"]);
/** Longest values, in characters; of a person's name that of a component group. */
const MOST: Partial<Record<Text, number>> = { AE: 16, CS: 16, LO: 64, LT: 10240, PN: 64, SH: 16, ST: 1024 };

/** What every file of ours is: explicit VR little endian. */
const TRANSFER_SYNTAX = "1.2.840.10008.1.2.1";
/** Of this program, as PS3.5 §B.2 makes one of a UUID. */
const IMPLEMENTATION = "2.25.207443527412915238127344690327462913";
const PREAMBLE = 128;

/** @param tag as "00080018" */
export function text(tag: string, vr: Text, value: string): Uint8Array {
  const bytes = Buffer.from(vr === "UI" || vr === "DS" || vr === "IS" ? value : harmless(value, MOST[vr]));
  return raw(tag, vr, even(bytes, vr === "UI" ? 0 : 0x20));
}

export function numbers(tag: string, vr: Number16 | Number32, ...values: number[]): Uint8Array {
  const width = vr === "US" ? 2 : 4;
  const bytes = Buffer.alloc(width * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, width * index, width);
  return raw(tag, vr, bytes);
}

export function bytes(tag: string, vr: "OB" | "OW", value: Uint8Array): Uint8Array {
  return raw(tag, vr, even(value, 0));
}

/** @param more bytes that follow the last item's elements, in its length and not in these bytes */
export function sequence(tag: string, items: Elements[], more = 0): Uint8Array {
  const parts = items.map((elements, index) => {
    const body = Buffer.concat(elements);
    const length = body.length + (index === items.length - 1 ? more : 0);
    return Buffer.concat([tagBytes("fffee000"), uint32(length), body]);
  });
  return raw(tag, "SQ", Buffer.concat(parts), more);
}

/** A coded entry (PS3.3 §8.8). */
export function code(tag: string, value: string, scheme: string, meaning: string): Uint8Array {
  return sequence(tag, [
    [text("00080100", "SH", value), text("00080102", "SH", scheme), text("00080104", "LO", meaning)],
  ]);
}

/** Head of an element whose value follows. @param length even */
export function longHead(tag: string, vr: "OB" | "OW", length: number): Uint8Array {
  return raw(tag, vr, new Uint8Array(0), length);
}

/** What stands before a data set in a file (PS3.10 §7.1). */
export function fileHead(sopClass: string, instance: string): Uint8Array {
  const meta = Buffer.concat([
    bytes("00020001", "OB", Uint8Array.of(0, 1)),
    text("00020002", "UI", sopClass),
    text("00020003", "UI", instance),
    text("00020010", "UI", TRANSFER_SYNTAX),
    text("00020012", "UI", IMPLEMENTATION),
    text("00020013", "SH", "AVNODE"),
  ]);
  return Buffer.concat([
    new Uint8Array(PREAMBLE),
    Buffer.from("DICM"),
    numbers("00020000", "UL", meta.length),
    meta,
  ]);
}

/** A number as a decimal string holds it: 16 characters. */
export function decimal(value: number): string {
  const plain = String(value);
  if (plain.length <= 16) return plain;
  for (let digits = 16; digits > 0; digits--) {
    const shorter = String(Number(value.toPrecision(digits)));
    if (shorter.length <= 16) return shorter;
  }
  return plain;
}

function raw(tag: string, vr: string, value: Uint8Array, more = 0): Uint8Array {
  const length = value.length + more;
  const head = LONG.has(vr)
    ? Buffer.concat([tagBytes(tag), Buffer.from(vr), new Uint8Array(2), uint32(length)])
    : Buffer.concat([tagBytes(tag), Buffer.from(vr), uint16(length)]);
  return Buffer.concat([head, value]);
}

function even(value: Uint8Array, filler: number): Uint8Array {
  return value.length % 2 === 0 ? value : Buffer.concat([value, Uint8Array.of(filler)]);
}

/** Without what separates values or controls a display. */
function harmless(value: string, most = 64): string {
  return [
    ...value
      .replace(/[\\\p{Cc}]+/gu, " ")
      .normalize()
      .trim(),
  ]
    .slice(0, most)
    .join("")
    .trim();
}

function tagBytes(tag: string): Buffer {
  return Buffer.concat([
    uint16(Number.parseInt(tag.slice(0, 4), 16)),
    uint16(Number.parseInt(tag.slice(4), 16)),
  ]);
}

function uint16(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16LE(value);
  return two;
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
}
