/** The recording's hash chain: h0 commits to place and key (CCM does not), then every frame as sent. */
import { ascii, concat, Writer } from "./bytes";
import type { Crypto } from "./crypto";
import { DEVICE_ID_BYTES } from "./keys";

export const HASH_BYTES = 32;

export function chainStart(
  crypto: Crypto,
  device: Uint8Array,
  epoch: number,
  recording: number,
  key: Uint8Array,
): Uint8Array {
  const commitment = crypto.sha256(concat([ascii("avnode/kc/v1"), key]));
  const place = new Writer(14).raw(device, DEVICE_ID_BYTES).uint(epoch, 2).uint(recording, 4).done();
  return crypto.sha256(concat([ascii("avnode/chain/v1"), place, commitment]));
}

export function chainNext(crypto: Crypto, head: Uint8Array, frame: Uint8Array): Uint8Array {
  return crypto.sha256(concat([head, frame]));
}
