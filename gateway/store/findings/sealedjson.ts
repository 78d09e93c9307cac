/** Derived rows tell of health: what they say is packed and sealed by the keyring. */
import { deflateSync, inflateSync } from "node:zlib";
import type { Keyring } from "../keyring";

/** Fast: this runs beside receipts. */
const LEVEL = 1;
/** Of what a row says once unpacked: a day of nothing but short episodes has a tenth of it. */
const MAX_BYTES = 32 * 1024 * 1024;

export function sealJson(keyring: Keyring, value: unknown, place: string): Buffer {
  return keyring.wrap(deflateSync(JSON.stringify(value), { level: LEVEL }), place);
}

/** @throws STORE_SECRET when it was altered or moved */
export function openJson(keyring: Keyring, sealed: Uint8Array, place: string): unknown {
  const packed = keyring.unwrap(sealed, place);
  return JSON.parse(inflateSync(packed, { maxOutputLength: MAX_BYTES }).toString());
}
