/** Taking ownership: the unit's concealed code as text, and the two messages that carry the new root. */
import { Reader, Writer } from "./bytes";
import { ROOT_BYTES, STORE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";
import { ALIAS_BYTES } from "./session";

export const CLAIM_CODE_BYTES = 16;
/** The button opens a claim for so long. */
export const CLAIM_WINDOW_MS = 60000;

/** Bech32m (BIP-350) with prefix `av`: 26 characters of code, 6 of checksum; any four wrong ones are caught. */
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PREFIX = "av1";
/** The prefix as the checksum sees it: high bits, 0, low bits of "av". */
const PREFIX_VALUES = [3, 3, 0, 1, 22];
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32M = 0x2bc830a3;
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

function withPrefix(values: number[]): number[] {
  return PREFIX_VALUES.concat(values);
}

/** The code as printed: `av1` and 32 characters in groups of four. */
export function encodeClaimCode(code: Uint8Array): string {
  if (code.length !== CLAIM_CODE_BYTES)
    throw refusal("CLAIM_CODE", "a claim code has 16 bytes, got " + code.length);
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
  const check = polymod(withPrefix(values.concat([0, 0, 0, 0, 0, 0]))) ^ BECH32M;
  for (let i = 0; i < CHECK_CHARS; i++) values.push((check >> (5 * (CHECK_CHARS - 1 - i))) & 31);
  let text = PREFIX;
  for (let i = 0; i < values.length; i++) text += (i % 4 === 0 ? " " : "") + ALPHABET[values[i]];
  return text;
}

/** What the QR on the unit holds: upper case, so that it is set in the compact alphanumeric mode. */
export function claimQr(code: Uint8Array): string {
  return "AVNODE:" + encodeClaimCode(code).replace(/ /g, "").toUpperCase();
}

/**
 * Reads a code as typed or scanned: spaces, hyphens and case do not matter, but mixed case does not pass (BIP-173).
 * @throws CLAIM_CODE_LENGTH, CLAIM_CODE_CHARACTER, CLAIM_CODE_CHECKSUM
 */
export function decodeClaimCode(typed: string): Uint8Array {
  let text = typed.replace(/[\s-]/g, "");
  if (/[^0-9a-zA-Z:]/.test(text)) {
    throw refusal("CLAIM_CODE_CHARACTER", "the code has a character that is neither letter nor digit");
  }
  if (/^avnode:/i.test(text)) text = text.substr(7);
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) {
    throw refusal("CLAIM_CODE_CHARACTER", "the code mixes capitals and small letters: type it all in one");
  }
  if (lower.substr(0, 3) === PREFIX) text = lower.substr(3);
  else text = lower;
  if (text.length !== DATA_CHARS + CHECK_CHARS) {
    throw refusal("CLAIM_CODE_LENGTH", "the code has 32 characters after av1, got " + text.length);
  }
  const values: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const value = ALPHABET.indexOf(text[i]);
    if (value < 0) {
      throw refusal(
        "CLAIM_CODE_CHARACTER",
        "'" + text[i] + "' at place " + (i + 1) + " never stands in a code (b, i, o, 1 do not)",
      );
    }
    values.push(value);
  }
  if (polymod(withPrefix(values)) !== BECH32M) {
    throw refusal("CLAIM_CODE_CHECKSUM", "the code has a typing error: its checksum does not fit");
  }
  const code = new Uint8Array(CLAIM_CODE_BYTES);
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
    throw refusal("CLAIM_CODE_CHECKSUM", "the code's last bits are not zero");
  }
  return code;
}

/** Store → handheld: the new owner's root. */
export interface Claim {
  root: Uint8Array;
  alias: Uint8Array;
  storeId: Uint8Array;
}

export function encodeClaim(claim: Claim): Uint8Array {
  return new Writer(ROOT_BYTES + ALIAS_BYTES + STORE_ID_BYTES)
    .raw(claim.root, ROOT_BYTES)
    .raw(claim.alias, ALIAS_BYTES)
    .raw(claim.storeId, STORE_ID_BYTES)
    .done();
}

/** @throws CLAIM_* */
export function decodeClaim(body: Uint8Array): Claim {
  const reader = new Reader(body, "CLAIM");
  const claim: Claim = {
    root: reader.raw(ROOT_BYTES),
    alias: reader.raw(ALIAS_BYTES),
    storeId: reader.raw(STORE_ID_BYTES),
  };
  reader.end();
  return claim;
}
