/** Who a recording is said to be of, committed to so that the log tells no name. */
import { personCommitment, SALT_BYTES } from "../../../protocol/manifest";
import { nodeCrypto as crypto } from "../../crypto";
import type { Keyring } from "../keyring";

/** One for each recording, so that leaves of one person do not look alike. */
export function personSalt(keyring: Keyring, recordingId: string): Uint8Array {
  return keyring.mac(JSON.stringify(["person salt", recordingId])).subarray(0, SALT_BYTES);
}

export function commitmentTo(name: string, salt: Uint8Array): Uint8Array {
  return personCommitment(crypto, salt, Buffer.from(name, "utf8"));
}
