/** The recovery code: 128 random bits, printed once, that open the keyring in every backup made under them. */
import { randomBytes, scryptSync } from "node:crypto";
import { CODE_BYTES, decodeCode, encodeCode } from "../../protocol/bech32m";

const PREFIX = "avr";
const NAME = "RECOVERY_CODE";
export const SALT_BYTES = 16;
export const KEY_BYTES = 32;
/** 128 MB and half a second: more than a code of 128 bits needs, and all that a shorter one could get. */
const SCRYPT = { N: 131072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

export function newRecoveryCode(): Uint8Array {
  return randomBytes(CODE_BYTES);
}

/** `avr1` and 32 characters in groups of four. */
export function encodeRecoveryCode(code: Uint8Array): string {
  return encodeCode(PREFIX, NAME, code);
}

/** @throws RECOVERY_CODE_LENGTH, RECOVERY_CODE_CHARACTER, RECOVERY_CODE_CHECKSUM */
export function decodeRecoveryCode(typed: string): Uint8Array {
  return decodeCode(PREFIX, NAME, typed);
}

/** The key that seals the keyring. */
export function backupKey(code: Uint8Array, salt: Uint8Array): Buffer {
  return scryptSync(code, salt, KEY_BYTES, SCRYPT);
}
