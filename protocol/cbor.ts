/**
 * Canonical CBOR (RFC 8949 §4.2.1), the part that what is signed and logged needs: unsigned integers to 2^53 − 1, byte
 * strings, printable ASCII, flags, null, arrays and maps. Every value has one encoding; a reader refuses every other.
 */
import { ascii, concat, Reader, Writer } from "./bytes";
import { refusal } from "./refusal";

export type CborValue = number | string | boolean | null | Uint8Array | CborValue[] | CborMap;
export interface CborMap {
  [key: string]: CborValue;
}

const Major = { uint: 0, bytes: 2, text: 3, array: 4, map: 5, simple: 7 };
const FALSE = 20;
const TRUE = 21;
const NULL = 22;
const MAX_DEPTH = 8;
const MAX_KEY_LENGTH = 32;
/** Far beyond every text of a schema. Put together letter by letter, a long one takes many times its memory. */
const MAX_TEXT_LENGTH = 512;
/** What no reader here comes near, unless it says so. */
const MAX_ITEMS = 1048576;
/** Widths in bytes of the argument behind additional information 24 to 27. */
const WIDTHS = [1, 2, 4, 8];
/** The least value that needs each width; a smaller one in it is not canonical. */
const LEAST = [24, 256, 65536, 4294967296];

function head(major: number, value: number): Uint8Array {
  if (!(value >= 0 && value === Math.floor(value))) {
    throw refusal("FIELD_RANGE", value + " is not an unsigned integer");
  }
  if (value < LEAST[0]) return new Uint8Array([(major << 5) | value]);
  let index = 0;
  while (index < 3 && value >= LEAST[index + 1]) index++;
  return new Writer(1 + WIDTHS[index])
    .uint((major << 5) | (24 + index), 1)
    .uint(value, WIDTHS[index])
    .done();
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw refusal("CBOR_DEPTH", "values nest deeper than " + MAX_DEPTH);
}

function checkKey(key: string): void {
  if (key.length > MAX_KEY_LENGTH || !/^[a-zA-Z0-9]+$/.test(key)) {
    throw refusal("CBOR_KEY", "a key of a map is not 1 to " + MAX_KEY_LENGTH + " letters and digits");
  }
}

/** In the order of their encodings: the shorter first, then by character. */
function compareKeys(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function put(value: CborValue, parts: Uint8Array[], depth: number): void {
  checkDepth(depth);
  if (value === null) parts.push(head(Major.simple, NULL));
  else if (typeof value === "boolean") parts.push(head(Major.simple, value ? TRUE : FALSE));
  else if (typeof value === "number") parts.push(head(Major.uint, value));
  else if (typeof value === "string") parts.push(head(Major.text, value.length), ascii(value));
  else if (value instanceof Uint8Array) parts.push(head(Major.bytes, value.length), value);
  else if (Array.isArray(value)) {
    parts.push(head(Major.array, value.length));
    for (let i = 0; i < value.length; i++) put(value[i], parts, depth + 1);
  } else {
    const map = value as CborMap;
    const keys = Object.keys(map).sort(compareKeys);
    parts.push(head(Major.map, keys.length));
    for (let i = 0; i < keys.length; i++) {
      checkKey(keys[i]);
      parts.push(head(Major.text, keys[i].length), ascii(keys[i]));
      put(map[keys[i]], parts, depth + 1);
    }
  }
}

/** @throws FIELD_RANGE for a number that is no unsigned integer, TEXT_NOT_ASCII, CBOR_KEY, CBOR_DEPTH */
export function encodeCbor(value: CborValue): Uint8Array {
  const parts: Uint8Array[] = [];
  put(value, parts, 1);
  return concat(parts);
}

/** The argument of a head: canonical means in the fewest bytes. */
function argument(reader: Reader, information: number): number {
  if (information < 24) return information;
  if (information > 27) {
    throw refusal("CBOR_CANONICAL", "a length that is indefinite or reserved (" + information + ")");
  }
  const value = reader.uint(WIDTHS[information - 24]);
  if (value < LEAST[information - 24]) {
    throw refusal("CBOR_CANONICAL", value + " is written in more bytes than it needs");
  }
  return value;
}

/** A count of items, each at least a byte: more than there are bytes left cannot be, and nothing is set aside for it. */
function count(reader: Reader, information: number): number {
  const value = argument(reader, information);
  if (value > reader.left()) {
    throw refusal("CBOR_TRUNCATED", value + " items announced, " + reader.left() + " bytes left");
  }
  return value;
}

function text(reader: Reader, length: number): string {
  if (length > MAX_TEXT_LENGTH)
    throw refusal("CBOR_TEXT", "text is longer than " + MAX_TEXT_LENGTH + " characters");
  const bytes = reader.raw(length);
  let out = "";
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] < 0x20 || bytes[i] > 0x7e) throw refusal("CBOR_TEXT", "text is not printable ASCII");
    out += String.fromCharCode(bytes[i]);
  }
  return out;
}

function takeKey(reader: Reader): string {
  const initial = reader.uint(1);
  if (initial >> 5 !== Major.text) throw refusal("CBOR_TYPE", "a key of a map is not text");
  const key = text(reader, count(reader, initial & 31));
  checkKey(key);
  return key;
}

/** How many values may still come: each costs many times its byte. */
interface Budget {
  left: number;
}

function take(reader: Reader, budget: Budget, depth: number): CborValue {
  checkDepth(depth);
  if (budget.left-- === 0) throw refusal("CBOR_ITEMS", "there are more values than this can have");
  const initial = reader.uint(1);
  const major = initial >> 5;
  const information = initial & 31;
  if (major === Major.uint) return argument(reader, information);
  if (major === Major.bytes) return reader.raw(count(reader, information));
  if (major === Major.text) return text(reader, count(reader, information));
  if (major === Major.array) {
    const items: CborValue[] = [];
    const length = count(reader, information);
    for (let i = 0; i < length; i++) items.push(take(reader, budget, depth + 1));
    return items;
  }
  if (major === Major.map) {
    const map: CborMap = {};
    const pairs = count(reader, information);
    let before = "";
    for (let i = 0; i < pairs; i++) {
      const key = takeKey(reader);
      if (i > 0 && compareKeys(before, key) >= 0) {
        throw refusal("CBOR_CANONICAL", "key " + key + " is repeated or out of order");
      }
      before = key;
      map[key] = take(reader, budget, depth + 1);
    }
    return map;
  }
  if (major === Major.simple && information === NULL) return null;
  if (major === Major.simple && (information === TRUE || information === FALSE)) return information === TRUE;
  throw refusal("CBOR_TYPE", "a value of major type " + major + " (" + information + ") has no place here");
}

/**
 * @param maxItems values within values, all counted
 * @throws CBOR_*: every encoding but the canonical one is refused
 */
export function decodeCbor(bytes: Uint8Array, maxItems?: number): CborValue {
  const reader = new Reader(bytes, "CBOR");
  const value = take(reader, { left: maxItems === undefined ? MAX_ITEMS : maxItems }, 1);
  reader.end();
  return value;
}
