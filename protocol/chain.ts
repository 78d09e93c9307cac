/** The recording's hash chain: h0 commits to place and key (CCM does not), then every frame as sent. */
import { ascii, concat, Writer } from "./bytes";
import type { Crypto } from "./crypto";
import { DEVICE_ID_BYTES } from "./keys";

export const HASH_BYTES = 32;

type Hasher = Pick<Crypto, "sha256">;

/** SHA-256("avnode/kc/v1" ‖ MK): binds the chain to the recording's key without telling it. */
export function keyCommitment(crypto: Hasher, key: Uint8Array): Uint8Array {
  return crypto.sha256(concat([ascii("avnode/kc/v1"), key]));
}

/** The chain before frame 0, for whoever knows the commitment but not the key. */
export function chainFrom(
  crypto: Hasher,
  device: Uint8Array,
  epoch: number,
  recording: number,
  commitment: Uint8Array,
): Uint8Array {
  const place = new Writer(14).raw(device, DEVICE_ID_BYTES).uint(epoch, 2).uint(recording, 4).done();
  return crypto.sha256(concat([ascii("avnode/chain/v1"), place, commitment]));
}

export function chainStart(
  crypto: Hasher,
  device: Uint8Array,
  epoch: number,
  recording: number,
  key: Uint8Array,
): Uint8Array {
  return chainFrom(crypto, device, epoch, recording, keyCommitment(crypto, key));
}

/** @param room where head and frame are joined if it holds them, for whoever chains many frames */
export function chainNext(
  crypto: Hasher,
  head: Uint8Array,
  frame: Uint8Array,
  room?: Uint8Array,
): Uint8Array {
  const end = head.length + frame.length;
  if (!room || room.length < end) return crypto.sha256(concat([head, frame]));
  room.set(head, 0);
  room.set(frame, head.length);
  return crypto.sha256(room.subarray(0, end));
}
