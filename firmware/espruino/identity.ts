/** Where the factory left the identity. */
import type { Identity } from "../board/board";
import { decodeIdentity } from "../identity";

const FILE = "identity";

/** @returns undefined in a unit that no factory has provisioned. @throws IDENTITY_* */
export function readIdentity(): Identity | undefined {
  const file = require("Storage").readArrayBuffer(FILE);
  return file ? decodeIdentity(new Uint8Array(file), E.CRC32) : undefined;
}
