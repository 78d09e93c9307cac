import { createHash } from "node:crypto";

/** The same UUID (RFC 9562, version 8) for the same thing, whenever and wherever it is exported. */
export function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(`avnode/aecg ${text}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
