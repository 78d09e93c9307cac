/** Header + sealed body. Plaintext is padded to 32-byte steps, because frame lengths would give the heart rate away. */
import { isZero } from "./bytes";
import type { Crypto } from "./crypto";
import { decodeHeader, HEADER_BYTES, type Header, MAX_CIPHERTEXT_BYTES, putHeader } from "./header";
import { refusal } from "./refusal";

const STEP_BYTES = 32;
/** The header and two zeros. */
const NONCE_BYTES = HEADER_BYTES + 2;
/** The most that one body carries. */
export const MAX_BODY_BYTES = MAX_CIPHERTEXT_BYTES - 2;

/** A multiple of a power of two: no call for what rounds. */
function paddedBytes(bodyBytes: number): number {
  return (bodyBytes + 2 + STEP_BYTES - 1) & ~(STEP_BYTES - 1);
}

/** @returns the frame: header 11 ‖ ciphertext ‖ tag 8 */
export function sealFrame(crypto: Crypto, key: Uint8Array, header: Header, body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) {
    throw refusal("BODY_TOO_LONG", "a body of " + body.length + " bytes exceeds " + MAX_BODY_BYTES);
  }
  const padded = new Uint8Array(paddedBytes(body.length));
  padded[0] = body.length >> 8;
  padded[1] = body.length;
  padded.set(body, 2);
  const nonce = new Uint8Array(NONCE_BYTES);
  putHeader(nonce, header);
  const sealed = crypto.seal(key, nonce, padded);
  const frame = new Uint8Array(HEADER_BYTES + sealed.length);
  frame.set(nonce, 0);
  frame.set(sealed, HEADER_BYTES);
  return frame;
}

/** Of a frame whose header was decoded. @returns the body; @throws FRAME_TAG, FRAME_PADDING */
export function openChecked(crypto: Crypto, key: Uint8Array, frame: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(frame.subarray(0, HEADER_BYTES), 0);
  const padded = crypto.open(key, nonce, frame.subarray(HEADER_BYTES));
  if (!padded) throw refusal("FRAME_TAG", "the frame's tag does not verify: wrong key or altered bytes");
  const length = (padded[0] << 8) | padded[1];
  if (paddedBytes(length) !== padded.length) {
    throw refusal("FRAME_PADDING", "a body of " + length + " bytes is not padded to the next 32");
  }
  if (!isZero(padded.subarray(2 + length))) throw refusal("FRAME_PADDING", "padding is not zero");
  return padded.subarray(2, 2 + length);
}

/** @returns the body; @throws FRAME_* for a malformed frame, FRAME_TAG for a wrong key or an altered byte, FRAME_PADDING */
export function openFrame(crypto: Crypto, key: Uint8Array, frame: Uint8Array): Uint8Array {
  decodeHeader(frame);
  return openChecked(crypto, key, frame);
}
