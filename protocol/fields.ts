/** Reads a decoded CBOR map against its schema: exactly the keys it must have, each of its type and within its bounds. */
import type { CborMap, CborValue } from "./cbor";
import { refusal } from "./refusal";

export class Fields {
  private readonly map: CborMap;

  /**
   * @param name of the thing read, upper case: refusals are `<name>_FIELD`
   * @throws `<name>_FIELD` unless it is a map with exactly these keys
   */
  constructor(
    value: CborValue,
    private readonly name: string,
    keys: string[],
  ) {
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isMap || value instanceof Uint8Array) throw this.wrong("it", "a map");
    this.map = value as CborMap;
    const found = Object.keys(this.map);
    for (let i = 0; i < keys.length; i++) {
      if (found.indexOf(keys[i]) < 0) throw this.wrong(keys[i], "there");
    }
    if (found.length !== keys.length) throw this.wrong("it", "a map with " + keys.length + " keys");
  }

  private wrong(key: string, what: string): Error {
    return refusal(this.name + "_FIELD", this.name.toLowerCase() + ": " + key + " is not " + what);
  }

  /** @throws unless the field is this very text or number */
  is(key: string, expected: string | number): void {
    if (this.map[key] !== expected) throw this.wrong(key, String(expected));
  }

  uint(key: string, max: number): number {
    const value = this.map[key];
    if (typeof value !== "number" || value > max) throw this.wrong(key, "a number up to " + max);
    return value;
  }

  flag(key: string): boolean {
    const value = this.map[key];
    if (typeof value !== "boolean") throw this.wrong(key, "a flag");
    return value;
  }

  text(key: string, maxLength: number): string {
    const value = this.map[key];
    if (typeof value !== "string" || value.length > maxLength) {
      throw this.wrong(key, "text of at most " + maxLength + " characters");
    }
    return value;
  }

  /** Exactly `length` bytes. */
  bytes(key: string, length: number): Uint8Array {
    const value = this.map[key];
    if (!(value instanceof Uint8Array) || value.length !== length) throw this.wrong(key, length + " bytes");
    return value;
  }

  /** At most `max` bytes. */
  blob(key: string, max: number): Uint8Array {
    const value = this.map[key];
    if (!(value instanceof Uint8Array) || value.length > max)
      throw this.wrong(key, "at most " + max + " bytes");
    return value;
  }

  list(key: string, max: number): CborValue[] {
    const value = this.map[key];
    if (!Array.isArray(value) || value.length > max) throw this.wrong(key, "a list of at most " + max);
    return value;
  }

  /** A list of byte strings of `length` each. */
  hashes(key: string, length: number, max: number): Uint8Array[] {
    const value = this.list(key, max);
    for (let i = 0; i < value.length; i++) {
      const hash = value[i];
      if (!(hash instanceof Uint8Array) || hash.length !== length) {
        throw this.wrong(key, "a list of " + length + " bytes each");
      }
    }
    return value as Uint8Array[];
  }

  isNull(key: string): boolean {
    return this.map[key] === null;
  }

  /** The field as it stands, for a schema of its own. */
  value(key: string): CborValue {
    return this.map[key];
  }
}
