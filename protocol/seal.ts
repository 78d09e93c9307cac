/** Header + sealed body. Plaintext is padded to 32-byte steps, because frame lengths would give the heart rate away. */
import type { Crypto } from "./crypto";
import { decodeHeader, encodeHeader, HEADER_BYTES, type Header, MAX_CIPHERTEXT_BYTES } from "./header";
import { refusal } from "./refusal";

const STEP_BYTES = 32;
/** The most that one body carries. */
export const MAX_BODY_BYTES = MAX_CIPHERTEXT_BYTES - 2;

function nonceOf(header: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(13);
  nonce.set(header, 0);
  return nonce;
}

/** @returns the frame: header 11 ‖ ciphertext ‖ tag 8 */
export function sealFrame(crypto: Crypto, key: Uint8Array, header: Header, body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) {
    throw refusal("BODY_TOO_LONG", "a body of " + body.length + " bytes exceeds " + MAX_BODY_BYTES);
  }
  const padded = new Uint8Array(Math.ceil((2 + body.length) / STEP_BYTES) * STEP_BYTES);
  padded[0] = body.length >> 8;
  padded[1] = body.length & 255;
  padded.set(body, 2);
  const clear = encodeHeader(header);
  const sealed = crypto.seal(key, nonceOf(clear), padded);
  const frame = new Uint8Array(HEADER_BYTES + sealed.length);
  frame.set(clear, 0);
  frame.set(sealed, HEADER_BYTES);
  return frame;
}

/** @returns the body; @throws FRAME_* for a malformed frame, FRAME_TAG for a wrong key or an altered byte, FRAME_PADDING */
export function openFrame(crypto: Crypto, key: Uint8Array, frame: Uint8Array): Uint8Array {
  decodeHeader(frame);
  const padded = crypto.open(key, nonceOf(frame.subarray(0, HEADER_BYTES)), frame.subarray(HEADER_BYTES));
  if (!padded) throw refusal("FRAME_TAG", "the frame's tag does not verify: wrong key or altered bytes");
  const length = (padded[0] << 8) | padded[1];
  if (Math.ceil((2 + length) / STEP_BYTES) * STEP_BYTES !== padded.length) {
    throw refusal("FRAME_PADDING", "a body of " + length + " bytes is not padded to the next 32");
  }
  for (let i = 2 + length; i < padded.length; i++) {
    if (padded[i] !== 0) throw refusal("FRAME_PADDING", "padding is not zero");
  }
  return padded.subarray(2, 2 + length);
}
