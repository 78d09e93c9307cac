/** Taking ownership: the unit's concealed code as text, and the two messages that carry the new root. */
import { decodeCode, encodeCode } from "./bech32m";
import { Reader, Writer } from "./bytes";
import { ROOT_BYTES, STORE_ID_BYTES } from "./keys";
import { ALIAS_BYTES } from "./session";

/** The button opens a claim for so long. */
export const CLAIM_WINDOW_MS = 60000;

const PREFIX = "av";
const NAME = "CLAIM_CODE";

/** The code as printed: `av1` and 32 characters in groups of four. */
export function encodeClaimCode(code: Uint8Array): string {
  return encodeCode(PREFIX, NAME, code);
}

/** What the QR on the unit holds: upper case, so that it is set in the compact alphanumeric mode. */
export function claimQr(code: Uint8Array): string {
  return "AVNODE:" + encodeClaimCode(code).replace(/ /g, "").toUpperCase();
}

/**
 * Reads a code as typed or scanned.
 * @throws CLAIM_CODE_LENGTH, CLAIM_CODE_CHARACTER, CLAIM_CODE_CHECKSUM
 */
export function decodeClaimCode(typed: string): Uint8Array {
  return decodeCode(PREFIX, NAME, typed.replace(/[\s-]/g, "").replace(/^avnode:/i, ""));
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
