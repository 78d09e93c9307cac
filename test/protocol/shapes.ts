/** The vectors' JSON to fields and bytes, and back: in the subset of the handheld, which runs the vectors too. */
import {
  decodeClose,
  decodeData,
  decodeDrop,
  decodeMark,
  encodeClose,
  encodeData,
  encodeDrop,
  encodeMark,
} from "../../protocol/bodies";
import { fromHex, toHex } from "../../protocol/bytes";
import { decodeCertificate, encodeCertificate } from "../../protocol/certificate";
import { decodeClaim, encodeClaim } from "../../protocol/claim";
import { decodeCommand, decodeStatus, encodeCommand, encodeStatus } from "../../protocol/command";
import { decodeOpen, encodeOpen } from "../../protocol/open";
import { decodeReceipt, encodeReceipt } from "../../protocol/receipt";
import { decodeRelease, encodeRelease } from "../../protocol/release";
import {
  decodeDeviceHello,
  decodeHelloRequest,
  decodeStoreHello,
  encodeDeviceHello,
  encodeHelloRequest,
  encodeStoreHello,
} from "../../protocol/session";
import { decodeSignature, encodeSignature } from "../../protocol/signature";
import { decodeUpdateState, encodeUpdateState } from "../../protocol/update";

// biome-ignore lint/suspicious/noExplicitAny: vectors are free-form JSON
export type Json = any;

const BYTE_FIELDS =
  "block before chain previousClose checkpointRoot storeId generation root alias device maker signature ots nonce deviceNonce bytes head".split(
    " ",
  );

function each(value: Json, change: (field: Json, key: string) => Json): Json {
  if (Array.isArray(value)) {
    const list: Json[] = [];
    for (let i = 0; i < value.length; i++) list.push(change(value[i], ""));
    return list;
  }
  const out: Json = {};
  const keys = Object.keys(value);
  for (let i = 0; i < keys.length; i++) out[keys[i]] = change(value[keys[i]], keys[i]);
  return out;
}

export function fromJson(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  return each(value, function (field, key) {
    // A release's `bytes` is a number.
    const bytes = key !== "" && typeof field === "string" && BYTE_FIELDS.indexOf(key) >= 0;
    return bytes ? fromHex(field) : fromJson(field);
  });
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? fromHex(value) : value;
}

export function toJson(value: Json): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value !== "object" || value === null) return value;
  return each(value, toJson);
}

export interface Codec {
  encode(value: Json): Uint8Array;
  decode(bytes: Uint8Array): Json;
}

/** Every layout with fields, by the name that the vectors give it. */
export const CODECS: Record<string, Codec> = {
  open: { encode: encodeOpen, decode: decodeOpen },
  data: { encode: encodeData, decode: decodeData },
  drop: { encode: encodeDrop, decode: decodeDrop },
  mark: { encode: encodeMark, decode: decodeMark },
  close: { encode: encodeClose, decode: decodeClose },
  signature: { encode: encodeSignature, decode: decodeSignature },
  receipt: { encode: encodeReceipt, decode: decodeReceipt },
  command: { encode: encodeCommand, decode: decodeCommand },
  status: { encode: encodeStatus, decode: decodeStatus },
  claim: { encode: encodeClaim, decode: decodeClaim },
  update: { encode: encodeUpdateState, decode: decodeUpdateState },
  release: { encode: encodeRelease, decode: decodeRelease },
  certificate: {
    // Its firmware is a hash and its trees are bytes, unlike the fields of these names elsewhere.
    encode(value) {
      const fields: Json = { firmware: bytesOf(value.firmware), trees: value.trees.map(bytesOf) };
      const names = ["deviceClass", "device", "board", "maker", "issued", "signature"];
      for (let i = 0; i < names.length; i++) fields[names[i]] = value[names[i]];
      return encodeCertificate(fields);
    },
    decode: decodeCertificate,
  },
  deviceHello: { encode: encodeDeviceHello, decode: decodeDeviceHello },
  storeHello: { encode: encodeStoreHello, decode: decodeStoreHello },
  helloRequest: {
    encode: (value) => encodeHelloRequest(value.alias),
    decode: (bytes) => ({ alias: decodeHelloRequest(bytes) }),
  },
};
