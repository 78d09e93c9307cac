/**
 * The few forms of CBOR (RFC 8949) that an envelope may be made of, checked before any decoder sees the bytes: a general
 * decoder believes declared lengths and recurses as deep as it is told to.
 */
import { MAX_ENVELOPE_MESSAGES } from "../../protocol/names";
import { refusal } from "../../protocol/refusal";

const MAX_DEPTH = 2;
const MAX_KEYS = 8;
const MAX_TEXT_BYTES = 32;

const Major = { uint: 0, bytes: 2, text: 3, array: 4, map: 5, simple: 7 };
const FALSE = 20;
const TRUE = 21;
/** Count follows in 1, 2, 4 or 8 bytes. */
const FIRST_LONG = 24;
const LAST_LONG = 27;

function refuse(why: string): never {
  throw refusal("ENVELOPE_CBOR", `the envelope ${why}`);
}

/**
 * @throws ENVELOPE_CBOR unless `bytes` is one item of unsigned integers, byte strings, ASCII texts, booleans, arrays
 * and maps, every length definite and in its shortest form, keys being texts that do not repeat
 */
export function checkShape(bytes: Uint8Array): void {
  const end = new Walk(bytes).item(0, 0);
  if (end !== bytes.length) refuse(`has ${bytes.length - end} bytes behind its end`);
}

class Walk {
  /** Of the item head read last. */
  private count = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** @returns where the item ends */
  item(start: number, depth: number): number {
    let at = this.head(start);
    const major = this.bytes[start]! >> 5;
    const count = this.count;
    switch (major) {
      case Major.uint:
        return at;
      case Major.bytes:
        return this.skip(at, count);
      case Major.text:
        return this.text(at, count);
      case Major.simple:
        if (this.bytes[start] !== 0xe0 + FALSE && this.bytes[start] !== 0xe0 + TRUE)
          refuse("has a float or a value that is neither true nor false");
        return at;
      case Major.array:
        if (depth >= MAX_DEPTH) refuse("is nested too deeply");
        if (count > MAX_ENVELOPE_MESSAGES) refuse(`has an array of ${count}`);
        for (let i = 0; i < count; i++) at = this.item(at, depth + 1);
        return at;
      case Major.map:
        if (depth >= MAX_DEPTH) refuse("is nested too deeply");
        return this.map(at, count, depth);
      default:
        return refuse(major === 1 ? "has a negative number" : "has a tag");
    }
  }

  /** Reads an item's first byte and count; @returns where they end */
  private head(start: number): number {
    const at = this.skip(start, 1);
    const low = this.bytes[start]! & 31;
    if (low < FIRST_LONG) {
      this.count = low;
      return at;
    }
    if (low > LAST_LONG) refuse("has an indefinite or reserved length");
    // A float's or simple value's bytes are no count; the caller refuses them.
    if (this.bytes[start]! >> 5 === Major.simple) return at;
    const width = 1 << (low - FIRST_LONG);
    const end = this.skip(at, width);
    this.count = 0;
    for (let i = at; i < end; i++) this.count = this.count * 256 + this.bytes[i]!;
    const smallest = width === 1 ? FIRST_LONG : 2 ** (4 * width);
    if (this.count < smallest) refuse("has a number that is not in its shortest form");
    if (!Number.isSafeInteger(this.count)) refuse("has a number beyond 2^53-1");
    return end;
  }

  private skip(at: number, length: number): number {
    if (length > this.bytes.length - at) refuse("is cut short");
    return at + length;
  }

  private text(at: number, length: number): number {
    if (length > MAX_TEXT_BYTES) refuse(`has a text of ${length} bytes`);
    const end = this.skip(at, length);
    for (let i = at; i < end; i++)
      if (this.bytes[i]! < 0x20 || this.bytes[i]! > 0x7e) refuse("has a text that is not ASCII");
    return end;
  }

  private map(start: number, pairs: number, depth: number): number {
    if (pairs > MAX_KEYS) refuse(`has a map of ${pairs}`);
    const keys: string[] = [];
    let at = start;
    for (let i = 0; i < pairs; i++) {
      const begin = this.skip(at, 1) - 1;
      if (this.bytes[begin]! >> 5 !== Major.text) refuse("has a key that is not a text");
      at = this.item(begin, depth + 1);
      let key = "";
      for (let k = begin; k < at; k++) key += String.fromCharCode(this.bytes[k]!);
      if (keys.includes(key)) refuse("has a key twice");
      keys.push(key);
      at = this.item(at, depth + 1);
    }
    return at;
  }
}
