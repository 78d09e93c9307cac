/** The key that signs the store's log, and the log's name, which is new with every generation of the store. */
import { toHex } from "../../../protocol/bytes";
import type { VerifierKey } from "../../../protocol/note";
import { type Ed25519Signer, ed25519Signer } from "../../crypto";
import { StoreError } from "../errors";
import type { Keyring } from "../keyring";

export interface HubKey extends Ed25519Signer {
  /** Of the log that the store writes now. */
  origin: string;
}

/** @throws STORE_KEYRING_FORM for a keyring from before there was a log */
export function hubKey(keyring: Keyring): HubKey {
  if (!keyring.signKey) {
    throw new StoreError(
      "STORE_KEYRING_FORM",
      "the keyring has no key for the log yet. Run 'avnode start' on this data directory once",
    );
  }
  const origin = `avnode.hub/${toHex(keyring.storeId)}/${toHex(keyring.generation)}`;
  return { ...ed25519Signer(keyring.signKey), origin };
}

/** What checkpoints of the log of that name are verified with. */
export function verifierKey(key: HubKey, origin: string = key.origin): VerifierKey {
  return { name: origin, publicKey: key.publicKey };
}
