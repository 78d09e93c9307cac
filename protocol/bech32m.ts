/** Bech32m (BIP-350) for codes of 128 bits that people type: any four wrong characters are caught. */
import { refusal } from "./refusal";

export const CODE_BYTES = 16;

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32M = 0x2bc830a3;
/** 128 bits in fives, the last two of them zero. */
const DATA_CHARS = 26;
const CHECK_CHARS = 6;

function polymod(values: number[]): number {
  let check = 1;
  for (let i = 0; i < values.length; i++) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ values[i];
    for (let bit = 0; bit < 5; bit++) if ((top >> bit) & 1) check ^= GENERATOR[bit];
  }
  return check;
}

/** The prefix as the checksum sees it (high bits, 0, low bits), and the values behind it. */
function withPrefix(prefix: string, values: number[]): number[] {
  const all: number[] = [];
  for (let i = 0; i < prefix.length; i++) all.push(prefix.charCodeAt(i) >> 5);
  all.push(0);
  for (let i = 0; i < prefix.length; i++) all.push(prefix.charCodeAt(i) & 31);
  return all.concat(values);
}

/**
 * The code as printed: prefix, `1`, and 32 characters in groups of four.
 * @param name begins the code of a refusal, e.g. `CLAIM_CODE`
 */
export function encodeCode(prefix: string, name: string, code: Uint8Array): string {
  if (code.length !== CODE_BYTES) throw refusal(name, "a code has 16 bytes, got " + code.length);
  const values: number[] = [];
  let buffer = 0;
  let held = 0;
  for (let i = 0; i < code.length; i++) {
    buffer = ((buffer << 8) | code[i]) & 0xfff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      values.push((buffer >> held) & 31);
    }
  }
  values.push((buffer << (5 - held)) & 31);
  const check = polymod(withPrefix(prefix, values.concat([0, 0, 0, 0, 0, 0]))) ^ BECH32M;
  for (let i = 0; i < CHECK_CHARS; i++) values.push((check >> (5 * (CHECK_CHARS - 1 - i))) & 31);
  let text = prefix + "1";
  for (let i = 0; i < values.length; i++) text += (i % 4 === 0 ? " " : "") + ALPHABET[values[i]];
  return text;
}

/**
 * Reads a code as typed: spaces, hyphens and case do not matter, but mixed case does not pass (BIP-173).
 * @throws `name`_LENGTH, `name`_CHARACTER, `name`_CHECKSUM
 */
export function decodeCode(prefix: string, name: string, typed: string): Uint8Array {
  let text = typed.replace(/[\s-]/g, "");
  if (/[^0-9a-zA-Z]/.test(text)) {
    throw refusal(name + "_CHARACTER", "the code has a character that is neither letter nor digit");
  }
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) {
    throw refusal(name + "_CHARACTER", "the code mixes capitals and small letters: type it all in one");
  }
  const head = prefix + "1";
  text = lower.substr(0, head.length) === head ? lower.substr(head.length) : lower;
  if (text.length === head.length + DATA_CHARS + CHECK_CHARS) {
    const other = text.substr(0, head.length);
    throw refusal(
      name + "_LENGTH",
      "the code begins with " + head + ", this one with " + other + ": take the other code",
    );
  }
  if (text.length !== DATA_CHARS + CHECK_CHARS) {
    throw refusal(name + "_LENGTH", "the code has 32 characters after " + head + ", got " + text.length);
  }
  const values: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const value = ALPHABET.indexOf(text[i]);
    if (value < 0) {
      throw refusal(
        name + "_CHARACTER",
        "'" + text[i] + "' at place " + (i + 1) + " never stands in a code (b, i, o, 1 do not)",
      );
    }
    values.push(value);
  }
  if (polymod(withPrefix(prefix, values)) !== BECH32M) {
    throw refusal(
      name + "_CHECKSUM",
      "the code has a typing error: its checksum does not fit; compare it with what is printed, four characters at a time",
    );
  }
  const code = new Uint8Array(CODE_BYTES);
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < DATA_CHARS; i++) {
    buffer = ((buffer << 5) | values[i]) & 0xfff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      code[at++] = (buffer >> held) & 255;
    }
  }
  if ((buffer & ((1 << held) - 1)) !== 0) {
    throw refusal(name + "_CHECKSUM", "the code's last bits are not zero");
  }
  return code;
}
