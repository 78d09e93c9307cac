/** Whose certificates are believed, and for which classes of unit. */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { sameBytes } from "../../protocol/bytes";
import {
  type Certificate,
  DeviceClass,
  signedCertificate,
  type UnsignedCertificate,
} from "../../protocol/certificate";
import { ed25519Verify } from "../crypto";

/** PKCS #8 wrapping of a 32-byte Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The simulation maker's seed is public: it certifies nothing but units that say they are simulated. */
const simulationKey = createPrivateKey({
  key: Buffer.concat([PKCS8_PREFIX, createHash("sha256").update("avnode/simulation-maker/v1").digest()]),
  format: "der",
  type: "pkcs8",
});
/** Raw Ed25519 public key. */
export const SIMULATION_MAKER = new Uint8Array(
  createPublicKey(simulationKey).export({ format: "der", type: "spki" }).subarray(-32),
);

/** Makers that a hub believes, and for which classes of unit. */
const MAKERS = [{ publicKey: SIMULATION_MAKER, classes: [DeviceClass.simulated] }];

/** True when a pinned maker signed it and may certify that class. */
export function isGenuine(certificate: Certificate): boolean {
  const pinned = MAKERS.find((known) => sameBytes(known.publicKey, certificate.maker));
  if (!pinned || !pinned.classes.includes(certificate.deviceClass)) return false;
  return ed25519Verify(certificate.maker, signedCertificate(certificate), certificate.signature);
}

/** A certificate for a virtual handheld. @param trees its LMS public keys */
export function certifySimulated(device: Uint8Array, trees: Uint8Array[] = []): Certificate {
  const unsigned: UnsignedCertificate = {
    deviceClass: DeviceClass.simulated,
    device,
    board: "simulated",
    firmware: new Uint8Array(32),
    maker: SIMULATION_MAKER,
    issued: 0,
    trees,
  };
  return { ...unsigned, signature: new Uint8Array(sign(null, signedCertificate(unsigned), simulationKey)) };
}
