/** A unit's papers: the certificate that its maker signs, its dossier, and the file that goes into the unit. */
import { crc32 } from "node:zlib";
import { encodeIdentity } from "../../firmware/identity";
import type { Ed25519Signer } from "../../gateway/crypto";
import { encodeCertificate, signedCertificate, type UnsignedCertificate } from "../../protocol/certificate";
import { encodeDossier } from "../../protocol/dossier";
import type { Made } from "./identities";
import { classOf, type Station } from "./station";

/** What nobody but the unit keeps. */
export interface Secrets {
  claimCode: Uint8Array;
  seed: Uint8Array;
}

export const CLAIM_CODE_BYTES = 16;

/** @param firmware SHA-256 of the application; @param now Unix ms */
export function certificateFor(
  station: Station,
  maker: Ed25519Signer,
  device: Uint8Array,
  { trees }: Made,
  firmware: Uint8Array,
  now: number,
): Uint8Array {
  const unsigned: UnsignedCertificate = {
    deviceClass: classOf(station),
    device,
    board: station.board,
    firmware,
    maker: maker.publicKey,
    issued: Math.floor(now / 1000),
    trees: trees.map(({ publicKey }) => publicKey),
  };
  return encodeCertificate({ ...unsigned, signature: maker.sign(signedCertificate(unsigned)) });
}

export function dossierFor(certificate: Uint8Array, { trees }: Made): Uint8Array {
  return encodeDossier({ certificate, leaves: trees.map(({ leaves }) => leaves) });
}

export function identityFile(
  station: Station,
  device: Uint8Array,
  certificate: Uint8Array,
  { claimCode, seed }: Secrets,
): Uint8Array {
  const signing = { ...station.signing, seed };
  return encodeIdentity({ device, claimCode, certificate, signing }, (bytes) => crc32(bytes));
}

/** In one piece, as it is sealed. */
export function joinSecrets({ claimCode, seed }: Secrets): Uint8Array {
  return Buffer.concat([claimCode, seed]);
}

export function splitSecrets(bytes: Uint8Array): Secrets {
  return { claimCode: bytes.slice(0, CLAIM_CODE_BYTES), seed: bytes.slice(CLAIM_CODE_BYTES) };
}
