/** Reads protocol/vectors/*.json and turns their hexadecimal fields into bytes and back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
import {
  decodeDeviceHello,
  decodeHelloRequest,
  decodeStoreHello,
  encodeDeviceHello,
  encodeHelloRequest,
  encodeStoreHello,
} from "../../protocol/session";
import { decodeSignature, encodeSignature } from "../../protocol/signature";

export const VECTORS = join(__dirname, "../../protocol/vectors");

// biome-ignore lint/suspicious/noExplicitAny: vectors are free-form JSON
export type Json = any;

export function readVectors(name: string): Json {
  return JSON.parse(readFileSync(join(VECTORS, name), "utf8"));
}

const BYTE_FIELDS = new Set(
  "block before chain previousClose checkpointRoot storeId generation root alias device maker signature ots nonce deviceNonce".split(
    " ",
  ),
);

export function fromJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      BYTE_FIELDS.has(key) ? fromHex(field as string) : fromJson(field),
    ]),
  );
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? fromHex(value) : value;
}

export function toJson(value: Json): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, toJson(field)]));
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
  certificate: {
    // Its firmware is a hash and its trees are bytes, unlike the fields of these names elsewhere.
    encode: (value) =>
      encodeCertificate({ ...value, firmware: bytesOf(value.firmware), trees: value.trees.map(bytesOf) }),
    decode: decodeCertificate,
  },
  deviceHello: { encode: encodeDeviceHello, decode: decodeDeviceHello },
  storeHello: { encode: encodeStoreHello, decode: decodeStoreHello },
  helloRequest: {
    encode: (value) => encodeHelloRequest(value.alias),
    decode: (bytes) => ({ alias: decodeHelloRequest(bytes) }),
  },
};
