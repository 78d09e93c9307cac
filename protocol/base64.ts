/** Base64 (RFC 4648 §4) with padding; every other spelling of the same bytes is refused. */
import { refusal } from "./refusal";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const have = bytes.length - i;
    const second = have > 1 ? bytes[i + 1] : 0;
    const third = have > 2 ? bytes[i + 2] : 0;
    out += DIGITS[bytes[i] >> 2] + DIGITS[((bytes[i] & 3) << 4) | (second >> 4)];
    out += have > 1 ? DIGITS[((second & 15) << 2) | (third >> 6)] : "=";
    out += have > 2 ? DIGITS[third & 63] : "=";
  }
  return out;
}

/** @throws BASE64 */
export function fromBase64(text: string): Uint8Array {
  const padding = text.substr(-2) === "==" ? 2 : text.substr(-1) === "=" ? 1 : 0;
  const out = new Uint8Array(Math.max(0, (text.length / 4) * 3 - padding));
  let isValid = text.length % 4 === 0;
  for (let i = 0; isValid && i < text.length; i += 4) {
    let group = 0;
    for (let j = 0; j < 4; j++) {
      const isPadding = i + j >= text.length - padding;
      const digit = isPadding ? 0 : DIGITS.indexOf(text[i + j]);
      if (digit < 0) isValid = false;
      group = (group << 6) | digit;
    }
    const at = (i / 4) * 3;
    for (let j = 0; j < 3; j++) {
      const byte = (group >> (16 - 8 * j)) & 255;
      if (at + j < out.length) out[at + j] = byte;
      // Bits that stand for nothing must be zero.
      else if (byte !== 0) isValid = false;
    }
  }
  if (!isValid) throw refusal("BASE64", "text of " + text.length + " characters is not base64");
  return out;
}
