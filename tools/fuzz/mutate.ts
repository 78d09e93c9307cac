/** Makes new inputs of old ones: bits, bytes, numbers, runs, words and splices, several at once. */
import type { Random } from "../sim/random";

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x40];
const NUMBERS = [0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const WIDE = [...NUMBERS, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63];
const DECIMALS = [
  "0",
  "-1",
  "1",
  "9",
  "65536",
  "2147483648",
  "4294967296",
  "9007199254740993",
  "1e300",
  "-0",
];

/** Numbers as fields of 1, 2, 4 and 8 bytes carry them, in either order of bytes. */
function numberField(value: number, width: number, little: boolean): Uint8Array {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  const field = out.subarray(8 - width);
  return little ? field.reverse() : field;
}

/** Words for a dictionary out of the literals of the code: texts as they stand, numbers as fields. */
export function wordsOf(literals: (string | number)[]): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (const literal of literals) {
    if (typeof literal === "string") {
      // Longer texts and those with spaces are messages to people.
      if (literal.length > 1 && literal.length <= 40 && !literal.includes(" "))
        words.push(Buffer.from(literal));
    } else if (Number.isSafeInteger(literal) && literal > 255)
      words.push(numberField(literal, literal > 0xffffffff ? 8 : literal > 0xffff ? 4 : 2, false));
  }
  return words;
}

/** Kinds of change in `once`; the first ones keep the length. */
const KINDS = 14;
const IN_PLACE = 6;

export class Mutator {
  constructor(
    private readonly random: Random,
    private readonly words: Uint8Array[],
    private readonly maxBytes: number,
  ) {}

  /** @param other a second input to splice with */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
    let bytes: Uint8Array = new Uint8Array(input);
    // Layouts of one size refuse every other: half of the inputs keep theirs.
    const kinds = this.random.chance(0.5) ? IN_PLACE : KINDS;
    for (let n = 1 << this.random.int(4); n > 0; n--) bytes = this.once(bytes, other, this.random.int(kinds));
    return bytes.length > this.maxBytes ? bytes.subarray(0, this.maxBytes) : bytes;
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random.int(from.length)]!;
  }

  /** May change `bytes` in place. */
  private once(bytes: Uint8Array, other: Uint8Array, kind: number): Uint8Array {
    const { random } = this;
    const at = random.int(bytes.length);
    if (bytes.length === 0) return kind < 7 ? random.bytes(1 + random.int(16)) : new Uint8Array(other);
    switch (kind) {
      case 0:
      case 1:
        bytes[at]! ^= 1 << random.int(8);
        return bytes;
      case 2:
        bytes[at] = this.pick(BYTES);
        return bytes;
      case 3:
        bytes[at] = random.uint32();
        return bytes;
      case 4:
        bytes[at]! += random.int(33) - 16;
        return bytes;
      case 5:
        return this.number(bytes, at);
      case 6:
        return this.replace(bytes, at, this.runLength(bytes.length - at), new Uint8Array(0));
      case 7:
        return this.replace(bytes, at, 0, random.bytes(1 + random.int(8)));
      case 8:
        return this.replace(bytes, at, 0, bytes.slice(at, at + this.runLength(bytes.length - at)));
      case 9:
        return this.replace(bytes, at, 0, new Uint8Array(1 + random.int(32)).fill(bytes[at]!));
      case 10:
        return this.word(bytes, at);
      case 11:
        return this.decimal(bytes, at);
      case 12:
        return this.splice(bytes, at, other);
      default:
        return bytes.slice(0, at);
    }
  }

  /** Short runs mostly: most fields are. */
  private runLength(most: number): number {
    return Math.min(most, 1 + this.random.int(this.random.chance(0.75) ? 8 : 256));
  }

  private replace(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length - length + by.length);
    out.set(bytes.subarray(0, at));
    out.set(by, at);
    out.set(bytes.subarray(at + length), at + by.length);
    return out;
  }

  /** A field becomes a number at some edge, or a length: that of the input, or of what stands behind the field. */
  private number(bytes: Uint8Array, at: number): Uint8Array {
    const { random } = this;
    const width = 1 << random.int(4);
    const start = Math.max(0, Math.min(at, bytes.length - width));
    const lengths = [bytes.length, Math.max(0, bytes.length - start - width)];
    const value = random.chance(0.3) ? this.pick(lengths) : this.pick(width === 8 ? WIDE : NUMBERS);
    const field = numberField(value, width, random.chance(0.25));
    bytes.set(field.subarray(0, bytes.length - start), start);
    if (random.chance(0.3)) bytes[Math.min(start + width, bytes.length) - 1]! += random.int(3) - 1;
    return bytes;
  }

  private word(bytes: Uint8Array, at: number): Uint8Array {
    if (this.words.length === 0) return bytes;
    const word = this.pick(this.words);
    return this.replace(
      bytes,
      at,
      this.random.chance(0.5) ? Math.min(word.length, bytes.length - at) : 0,
      word,
    );
  }

  /** The first run of digits behind `at` becomes another decimal number. */
  private decimal(bytes: Uint8Array, at: number): Uint8Array {
    const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
    let from = at;
    while (from < bytes.length && !isDigit(bytes[from])) from++;
    if (from === bytes.length) return bytes;
    let to = from;
    while (isDigit(bytes[to])) to++;
    return this.replace(bytes, from, to - from, Buffer.from(this.pick(DECIMALS)));
  }

  private splice(bytes: Uint8Array, at: number, other: Uint8Array): Uint8Array {
    if (other.length === 0) return bytes;
    const { random } = this;
    const from = random.int(other.length);
    if (random.chance(0.5)) return Buffer.concat([bytes.subarray(0, at), other.subarray(from)]);
    const run = other.subarray(from, from + this.runLength(other.length - from));
    return this.replace(bytes, at, Math.min(run.length, bytes.length - at), run);
  }
}
