/** Bodies and messages of one fixed layout each: refused with a listed code, or written back to the same bytes. */
import {
  decodeClose,
  decodeData,
  decodeDrop,
  decodeMark,
  encodeClose,
  encodeData,
  encodeDrop,
  encodeMark,
} from "../../../protocol/bodies";
import { decodeCertificate, encodeCertificate } from "../../../protocol/certificate";
import { decodeClaim, encodeClaim } from "../../../protocol/claim";
import { decodeCommand, decodeStatus, encodeCommand, encodeStatus } from "../../../protocol/command";
import { decodeOpen, encodeOpen } from "../../../protocol/open";
import { decodeReceipt, encodeReceipt } from "../../../protocol/receipt";
import { decodeRelease, encodeRelease } from "../../../protocol/release";
import {
  decodeDeviceHello,
  decodeHelloRequest,
  decodeStoreHello,
  encodeDeviceHello,
  encodeHelloRequest,
  encodeStoreHello,
} from "../../../protocol/session";
import { decodeSignature, encodeSignature } from "../../../protocol/signature";
import { decodeUpdateState, encodeUpdateState } from "../../../protocol/update";
import { mustBeSame, type Target } from "../target";
import { listedCodes, seedsOf } from "./vectors";

function layout<T>(
  name: string,
  prefixes: string,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): Target {
  return {
    name,
    seeds: () => seedsOf(name),
    codes: listedCodes(...prefixes.split(" ")),
    maxBytes: 2100,
    run(bytes) {
      mustBeSame(encode(decode(bytes)), bytes);
      return true;
    },
  };
}

export const layouts: Target[] = [
  layout("open", "OPEN", decodeOpen, encodeOpen),
  layout("data", "DATA", decodeData, encodeData),
  layout("drop", "DROP", decodeDrop, encodeDrop),
  layout("mark", "MARK", decodeMark, encodeMark),
  layout("close", "CLOSE", decodeClose, encodeClose),
  layout("signature", "SIGNATURE", decodeSignature, encodeSignature),
  layout("receipt", "RECEIPT", decodeReceipt, encodeReceipt),
  layout("command", "COMMAND", decodeCommand, encodeCommand),
  layout("status", "STATUS", decodeStatus, encodeStatus),
  layout("update", "UPDATE", decodeUpdateState, encodeUpdateState),
  layout("release", "RELEASE", decodeRelease, encodeRelease),
  layout("claim", "CLAIM", decodeClaim, encodeClaim),
  layout("certificate", "CBOR CERTIFICATE", decodeCertificate, encodeCertificate),
  layout("deviceHello", "HELLO", decodeDeviceHello, encodeDeviceHello),
  layout("storeHello", "HELLO", decodeStoreHello, encodeStoreHello),
  layout("helloRequest", "HELLO", decodeHelloRequest, encodeHelloRequest),
];
