/** The seat of files that a hub took over: a handheld that is none, so that what is in them is kept as any recording. */

import {
  type Certificate,
  DeviceClass,
  decodeCertificate,
  signedCertificate,
  type UnsignedCertificate,
} from "../../protocol/certificate";
import type { Crypto } from "../../protocol/crypto";
import { DEVICE_ID_BYTES } from "../../protocol/keys";
import { ed25519Signer, ed25519Verify } from "../crypto";
import type { Device } from "./devices";

/** Where the frames of one file go. */
export interface Seat {
  device: Uint8Array;
  epoch: number;
  number: number;
  /** Of the recording. */
  key: Uint8Array;
}

/** Ownerships that one certificate counts. */
export const MAX_ADOPTED = 65535;
const SEED_BYTES = 32;

/** Its maker's key is forgotten as soon as it has signed: nobody makes another unit with it. */
export function certifyAdopted(random: Crypto["random"], atMs: number): Certificate {
  const maker = ed25519Signer(random(SEED_BYTES));
  const unsigned: UnsignedCertificate = {
    deviceClass: DeviceClass.adopted,
    device: random(DEVICE_ID_BYTES),
    board: "adopted",
    firmware: new Uint8Array(32),
    maker: maker.publicKey,
    issued: Math.floor(atMs / 1000),
    trees: [],
  };
  return { ...unsigned, signature: maker.sign(signedCertificate(unsigned)) };
}

/** Whether it is as some hub made it: its maker is nobody, so that is all it can say. */
export function isSeat(certificate: Certificate): boolean {
  const { deviceClass, maker, signature } = certificate;
  return (
    deviceClass === DeviceClass.adopted && ed25519Verify(maker, signedCertificate(certificate), signature)
  );
}

export function isAdopted(device: Device): boolean {
  return decodeCertificate(device.row.certificate).deviceClass === DeviceClass.adopted;
}
