/** The handheld's certificate in its first form: who it is and what class of unit, signed by its maker. */
import { ascii, concat, Reader, Writer } from "./bytes";
import { DEVICE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

export const DeviceClass = { locked: 1, dev: 2, simulated: 3 };

export interface Certificate {
  deviceClass: number;
  device: Uint8Array;
  /** First 8 bytes of SHA-256 of the maker's Ed25519 public key. */
  maker: Uint8Array;
  /** Ed25519 (RFC 8032) over `signedCertificate`. */
  signature: Uint8Array;
}

const MAKER_BYTES = 8;
const SIGNATURE_BYTES = 64;
const VERSION = 1;

/** The fields before the signature. */
function fields(deviceClass: number, device: Uint8Array, maker: Uint8Array): Uint8Array {
  if (deviceClass < DeviceClass.locked || deviceClass > DeviceClass.simulated) {
    throw refusal("CERTIFICATE_CLASS", "device class " + deviceClass + " is not known");
  }
  return new Writer(2 + DEVICE_ID_BYTES + MAKER_BYTES)
    .uint(VERSION, 1)
    .uint(deviceClass, 1)
    .raw(device, DEVICE_ID_BYTES)
    .raw(maker, MAKER_BYTES)
    .done();
}

/** The bytes that the maker signs. */
export function signedCertificate(deviceClass: number, device: Uint8Array, maker: Uint8Array): Uint8Array {
  return concat([ascii("avnode/cert/v1"), new Uint8Array(1), fields(deviceClass, device, maker)]);
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const signed = fields(certificate.deviceClass, certificate.device, certificate.maker);
  return new Writer(signed.length + SIGNATURE_BYTES)
    .raw(signed, signed.length)
    .raw(certificate.signature, SIGNATURE_BYTES)
    .done();
}

/** Reads the form only; whoever trusts it checks the signature. @throws CERTIFICATE_* */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  const reader = new Reader(bytes, "CERTIFICATE");
  const version = reader.uint(1);
  const certificate: Certificate = {
    deviceClass: reader.uint(1),
    device: reader.raw(DEVICE_ID_BYTES),
    maker: reader.raw(MAKER_BYTES),
    signature: reader.raw(SIGNATURE_BYTES),
  };
  reader.end();
  if (version !== VERSION)
    throw refusal("CERTIFICATE_VERSION", "certificate version " + version + " is not known");
  if (certificate.deviceClass < DeviceClass.locked || certificate.deviceClass > DeviceClass.simulated) {
    throw refusal("CERTIFICATE_CLASS", "device class " + certificate.deviceClass + " is not known");
  }
  return certificate;
}
