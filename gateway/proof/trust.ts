/** The trust file on Node; trustlines.ts has its form. */
import type { Trust } from "../../protocol/proof/trust";
import { nodeCrypto as crypto } from "../crypto";
import { parseTrustLines } from "./trustlines";

export { noTrust, TrustError } from "./trustlines";

/** @param file named in errors @throws TrustError with the line's number */
export function parseTrust(text: string, file: string): Trust {
  return parseTrustLines(crypto.sha256, text, file);
}
