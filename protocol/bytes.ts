/** Big-endian reading and writing with every length checked by hand: Espruino's typed arrays check none. */
import { refusal } from "./refusal";

/** Joins byte arrays. */
export function concat(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i].length;
  const out = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    out.set(parts[i], at);
    at += parts[i].length;
  }
  return out;
}

/** A copy of bytes `from` to `to`, end excluded. (On Espruino a typed array's own slice() is a plain Array.) */
export function cut(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  out.set(bytes.subarray(from, to));
  return out;
}

/** Printable ASCII to bytes; anything else is refused, so that no runtime needs a text codec. @throws TEXT_NOT_ASCII */
export function ascii(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e || code < 0x20) {
      throw refusal("TEXT_NOT_ASCII", "text has a character outside printable ASCII at position " + i);
    }
    out[i] = code;
  }
  return out;
}

function difference(a: Uint8Array, b: Uint8Array, count: number): number {
  "jit";
  let bits = 0;
  let i = 0;
  while (i < count) {
    bits |= a[i] ^ b[i];
    i += 1;
  }
  return bits;
}

/** Equality in time that does not depend on where the bytes differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && difference(a, b, a.length) === 0;
}

function ored(bytes: Uint8Array, count: number): number {
  "jit";
  let bits = 0;
  let i = 0;
  while (i < count) {
    bits |= bytes[i];
    i += 1;
  }
  return bits;
}

export function isZero(bytes: Uint8Array): boolean {
  return ored(bytes, bytes.length) === 0;
}

const HEX = "0123456789abcdef";

export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i] >> 4] + HEX[bytes[i] & 15];
  return out;
}

export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw refusal(
      "HEX_MALFORMED",
      "expected lower-case hexadecimal of even length, got " + text.length + " characters",
    );
  }
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = (HEX.indexOf(text[2 * i]) << 4) | HEX.indexOf(text[2 * i + 1]);
  }
  return out;
}

/** The largest count that a double carries exactly; 48- and 64-bit fields are refused above it. */
export const MAX_EXACT = 9007199254740991;

/**
 * Writes the low `width` bytes of an int32, big-endian, into room that is there: `x | 0` makes one of four bytes.
 * @returns what is left of the value above them
 */
export function putBytes(bytes: Uint8Array, at: number, value: number, width: number): number {
  "jit";
  let rest = value;
  let i = at + width;
  while (i > at) {
    i -= 1;
    bytes[i] = rest;
    rest >>= 8;
  }
  return rest;
}

/** An unsigned big-endian field; that it is there, and what it may be, is the caller's to know. */
export function takeBytes(bytes: Uint8Array, at: number, width: number): number {
  "jit";
  const end = at + width;
  let value = 0;
  let i = at;
  while (i < end) {
    value = value * 256 + bytes[i];
    i += 1;
  }
  return value;
}

/**
 * Writes an unsigned big-endian field.
 * @throws FIELD_RANGE
 */
export function putUint(bytes: Uint8Array, at: number, value: number, width: number): void {
  let rest = 0;
  if (value >= 0 && (value | 0) === value) rest = putBytes(bytes, at, value, width);
  else if (value >= 0 && value <= MAX_EXACT && value === Math.floor(value)) {
    rest = Math.floor(value / 4294967296);
    const low = Math.min(width, 4);
    putBytes(bytes, at + width - low, (value - rest * 4294967296) | 0, low);
    if (width > 4) rest = putBytes(bytes, at, rest, width - 4);
    else if (width < 4) rest = value;
  } else {
    throw refusal("FIELD_RANGE", "cannot write " + value + " as an unsigned field of " + width + " bytes");
  }
  if (rest !== 0) throw refusal("FIELD_RANGE", value + " does not fit in " + width + " bytes");
}

/** Fills a fixed-size buffer field by field; `done()` refuses a buffer that is not exactly full. */
export class Writer {
  private at = 0;
  readonly bytes: Uint8Array;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  uint(value: number, width: number): Writer {
    putUint(this.bytes, this.at, value, width);
    this.at += width;
    return this;
  }

  int32(value: number): Writer {
    if ((value | 0) !== value) throw refusal("FIELD_RANGE", value + " does not fit in a signed 32-bit field");
    return this.uint(value >>> 0, 4);
  }

  float64(value: number): Writer {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    for (let i = 0; i < 8; i++) this.bytes[this.at + i] = view.getUint8(i);
    this.at += 8;
    return this;
  }

  raw(bytes: Uint8Array, length: number): Writer {
    if (bytes.length !== length) {
      throw refusal("FIELD_LENGTH", "expected a field of " + length + " bytes, got " + bytes.length);
    }
    this.bytes.set(bytes, this.at);
    this.at += length;
    return this;
  }

  /** One length byte, then ASCII. */
  text(value: string): Writer {
    const bytes = ascii(value);
    return this.uint(bytes.length, 1).raw(bytes, bytes.length);
  }

  done(): Uint8Array {
    if (this.at !== this.bytes.length) {
      throw refusal("FIELD_LENGTH", "wrote " + this.at + " of " + this.bytes.length + " bytes");
    }
    return this.bytes;
  }
}

/** Reads fields in order; throws `<name>_TRUNCATED` past the end and `<name>_TRAILING` if bytes are left over. */
export class Reader {
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {}

  private take(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) {
      throw refusal(
        this.name + "_TRUNCATED",
        this.name.toLowerCase() +
          " ends after " +
          this.bytes.length +
          " bytes, " +
          (start + length) +
          " needed",
      );
    }
    this.at = start + length;
    return start;
  }

  uint(width: number): number {
    const start = this.take(width);
    const value = takeBytes(this.bytes, start, width);
    if (value > MAX_EXACT) throw refusal(this.name + "_RANGE", "a count beyond 2^53-1 was refused");
    return value;
  }

  int32(): number {
    return this.uint(4) | 0;
  }

  float64(): number {
    const start = this.take(8);
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 8; i++) view.setUint8(i, this.bytes[start + i]);
    return view.getFloat64(0);
  }

  raw(length: number): Uint8Array {
    const start = this.take(length);
    return cut(this.bytes, start, start + length);
  }

  text(): string {
    const bytes = this.raw(this.uint(1));
    let out = "";
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] < 0x20 || bytes[i] > 0x7e)
        throw refusal(this.name + "_TEXT", "text is not printable ASCII");
      out += String.fromCharCode(bytes[i]);
    }
    return out;
  }

  left(): number {
    return this.bytes.length - this.at;
  }

  /** Everything not yet read, as a view. */
  rest(): Uint8Array {
    return this.bytes.subarray(this.take(this.left()));
  }

  end(): void {
    if (this.left() !== 0) {
      throw refusal(
        this.name + "_TRAILING",
        this.name.toLowerCase() + " has " + this.left() + " bytes too many",
      );
    }
  }
}
