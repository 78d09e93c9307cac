/** The key schedule: everything follows from the root that a claim makes, and runs forward only. */
import { ascii, concat, cut, sameBytes, Writer } from "./bytes";
import type { Crypto } from "./crypto";

export const ROOT_BYTES = 32;
export const DEVICE_ID_BYTES = 8;
export const STORE_ID_BYTES = 8;
export const NONCE_BYTES = 16;

/** Direction byte of a session key. */
export const Direction = { up: 1, down: 2 };

/** Chain key of recording 0. */
export function firstChainKey(crypto: Crypto, root: Uint8Array): Uint8Array {
  return crypto.hmac(root, ascii("avnode/ck/v1"));
}

/** CK(n+1) from CK(n); whoever holds it cannot go back. */
export function nextChainKey(crypto: Crypto, chainKey: Uint8Array): Uint8Array {
  return crypto.hmac(chainKey, new Uint8Array([2]));
}

/** MK(n): seals recording n; the only key that a proof ever discloses. */
export function recordingKey(
  crypto: Crypto,
  chainKey: Uint8Array,
  device: Uint8Array,
  epoch: number,
  recording: number,
): Uint8Array {
  const place = new Writer(15)
    .uint(1, 1)
    .raw(device, DEVICE_ID_BYTES)
    .uint(epoch, 2)
    .uint(recording, 4)
    .done();
  return cut(crypto.hmac(chainKey, place), 0, 16);
}

/** RK: receipts and commands; only the primary store holds it. */
export function receiptKey(crypto: Crypto, root: Uint8Array): Uint8Array {
  return crypto.hmac(root, ascii("avnode/rk/v1"));
}

/** LK: one direction of one connection, bound to both nonces and the store. */
export function linkKey(
  crypto: Crypto,
  rk: Uint8Array,
  direction: number,
  deviceNonce: Uint8Array,
  storeNonce: Uint8Array,
  storeId: Uint8Array,
): Uint8Array {
  const bound = new Writer(41)
    .uint(direction, 1)
    .raw(deviceNonce, NONCE_BYTES)
    .raw(storeNonce, NONCE_BYTES)
    .raw(storeId, STORE_ID_BYTES)
    .done();
  return cut(crypto.hmac(rk, bound), 0, 16);
}

/** Seals one direction of a claim under the unit's concealed code. */
export function claimKey(
  crypto: Crypto,
  code: Uint8Array,
  direction: number,
  deviceNonce: Uint8Array,
  storeNonce: Uint8Array,
): Uint8Array {
  const label = ascii("avnode/claim/v1");
  const bound = new Writer(label.length + 1 + 2 * NONCE_BYTES)
    .raw(label, label.length)
    .uint(direction, 1)
    .raw(deviceNonce, NONCE_BYTES)
    .raw(storeNonce, NONCE_BYTES)
    .done();
  return cut(crypto.hmac(code, bound), 0, 16);
}

const UNOWNED_RANDOM_BYTES = 4;

/**
 * Alias of a unit without an owner. To whoever knows its claim code it tells the unit, to everybody else no more than a random
 * one would: half of it is random, half is of that half by the concealed code.
 * @param random 4 bytes at least, new with each start
 */
export function unownedAlias(crypto: Crypto, code: Uint8Array, random: Uint8Array): Uint8Array {
  const half = cut(random, 0, UNOWNED_RANDOM_BYTES);
  return concat([half, cut(crypto.hmac(code, concat([ascii("avnode/unowned/v1"), half])), 0, 4)]);
}

/** Whether a unit without an owner, with this claim code, says this alias; another says it once in four billion times. */
export function isUnownedAlias(crypto: Crypto, code: Uint8Array, alias: Uint8Array): boolean {
  return sameBytes(unownedAlias(crypto, code, alias), alias);
}
