/**
 * Names on the air: random to whoever has no keyring, and to whoever has it a sign that his store gave them. So a store
 * that was restored from a backup still knows the handhelds that it claimed after that.
 */
import { sameBytes, toHex } from "../../protocol/bytes";
import type { Crypto } from "../../protocol/crypto";
import { ALIAS_BYTES } from "../../protocol/session";
import type { Keyring } from "./keyring";

/** The rest is a MAC: a stranger's alias passes for ours once in 16.8 million. */
const RANDOM_BYTES = 5;

export function newAlias(keyring: Keyring, random: Crypto["random"]): Buffer {
  return complete(keyring, random(RANDOM_BYTES));
}

export function isOwnAlias(keyring: Keyring, alias: Uint8Array): boolean {
  return sameBytes(complete(keyring, alias.subarray(0, RANDOM_BYTES)), alias);
}

function complete(keyring: Keyring, random: Uint8Array): Buffer {
  const mac = keyring.mac(JSON.stringify(["alias", toHex(random)]));
  return Buffer.concat([random, mac]).subarray(0, ALIAS_BYTES);
}
