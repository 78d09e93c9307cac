/** A maker's list of units whose keys are no longer to be believed; it travels as a file and needs no server. */
import { ascii, concat, sameBytes } from "./bytes";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor";
import { MAKER_BYTES, MAKER_SIGNATURE_BYTES } from "./certificate";
import { Fields } from "./fields";
import { DEVICE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

export interface Revocation {
  device: Uint8Array;
  /** Unix seconds from which on the unit's key counts as lost. */
  since: number;
  reason: string;
}

export interface Revocations {
  maker: Uint8Array;
  /** Rises with every list of this maker: a higher one replaces a lower one. */
  number: number;
  /** Unix seconds. */
  issued: number;
  entries: Revocation[];
  /** Ed25519 (RFC 8032) over `signedRevocations`. */
  signature: Uint8Array;
}

export const MAX_REVOCATIONS_BYTES = 8388608;
const TYPE = "avnode/revocations";
const VERSION = 1;
const MAX_ENTRIES = 100000;
const MAX_REASON = 80;
const MAX_SECONDS = 4294967295;

function fieldsOf(list: Pick<Revocations, "maker" | "number" | "issued" | "entries">): CborMap {
  const entries: CborValue[] = [];
  for (let i = 0; i < list.entries.length; i++) {
    const entry = list.entries[i];
    entries.push({ device: entry.device, since: entry.since, reason: entry.reason });
  }
  return { type: TYPE, v: VERSION, maker: list.maker, number: list.number, issued: list.issued, entries };
}

/** The bytes that the maker signs. */
export function signedRevocations(
  list: Pick<Revocations, "maker" | "number" | "issued" | "entries">,
): Uint8Array {
  return concat([ascii("avnode/revocations/v1"), new Uint8Array(1), encodeCbor(fieldsOf(list))]);
}

export function encodeRevocations(list: Revocations): Uint8Array {
  const map = fieldsOf(list);
  map.signature = list.signature;
  return encodeCbor(map);
}

/** Reads the form only; whoever trusts it checks the signature. @throws REVOCATIONS_SIZE, CBOR_*, REVOCATIONS_FIELD */
export function decodeRevocations(bytes: Uint8Array): Revocations {
  const keys = ["type", "v", "maker", "number", "issued", "entries", "signature"];
  if (bytes.length > MAX_REVOCATIONS_BYTES) {
    throw refusal("REVOCATIONS_SIZE", "a list has at most " + MAX_REVOCATIONS_BYTES + " bytes");
  }
  const fields = new Fields(decodeCbor(bytes), "REVOCATIONS", keys);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  const list: Revocations = {
    maker: fields.bytes("maker", MAKER_BYTES),
    number: fields.uint("number", MAX_SECONDS),
    issued: fields.uint("issued", MAX_SECONDS),
    entries: [],
    signature: fields.bytes("signature", MAKER_SIGNATURE_BYTES),
  };
  const entries = fields.list("entries", MAX_ENTRIES);
  for (let i = 0; i < entries.length; i++) {
    const entry = new Fields(entries[i], "REVOCATIONS", ["device", "since", "reason"]);
    list.entries.push({
      device: entry.bytes("device", DEVICE_ID_BYTES),
      since: entry.uint("since", MAX_SECONDS),
      reason: entry.text("reason", MAX_REASON),
    });
  }
  return list;
}

/** The entry of this device, if the list has one. */
export function revocationOf(list: Revocations, device: Uint8Array): Revocation | undefined {
  for (let i = 0; i < list.entries.length; i++) {
    if (sameBytes(list.entries[i].device, device)) return list.entries[i];
  }
  return undefined;
}
