/** The same identifier for the same thing, whenever and wherever it is exported. */
import { createHash } from "node:crypto";

/** A text's hash in the form of a UUID (RFC 9562, version 8): 16 bytes. */
function stamped(text: string): Buffer {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}

/** For HL7 aECG. */
export function uuidOf(text: string): string {
  const hex = stamped(`avnode/aecg ${text}`).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** For DICOM (PS3.5 §B.2). */
export function uidOf(...of: unknown[]): string {
  return `2.25.${BigInt(`0x${stamped(`avnode/dicom ${JSON.stringify(of)}`).toString("hex")}`)}`;
}
