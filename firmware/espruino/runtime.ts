/** Whether this is the runtime that the bundle was built for: another one would fail later, and worse. */
import type { BoardSpec } from "../board/spec";

/** "2v29.277" as a number that grows with the version. */
function versionNumber(text: string): number {
  const parts = text.split("v");
  return parts.length === 2 ? 1000 * parseInt(parts[0], 10) + parseFloat(parts[1]) : 0;
}

/** @returns what is missing and what to do, undefined when nothing is */
export function missing(spec: BoardSpec): string | undefined {
  if (process.env.BOARD !== spec.runtime)
    return "built for " + spec.runtime + ", running on " + process.env.BOARD + ": flash the other bundle";
  if (versionNumber(process.version) < versionNumber(spec.runtimeVersion))
    return (
      "Espruino " + process.version + " is older than " + spec.runtimeVersion + ": flash a newer runtime"
    );
  const crypto = require("crypto");
  if (typeof crypto.SHA256 !== "function") return "this Espruino has no SHA-256: build it with SHA256";
  if (typeof AES === "undefined" || typeof AES.ccmEncrypt !== "function")
    return "this Espruino has no AES-CCM: build it with AES_CCM";
  if (typeof NRF === "undefined") return "this Espruino has no Bluetooth: build it with BLUETOOTH";
  return undefined;
}
