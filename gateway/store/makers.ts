/** Whose certificates are believed, and for which classes of unit. */
import { createHash } from "node:crypto";
import { sameBytes } from "../../protocol/bytes";
import {
  type Certificate,
  DeviceClass,
  SIMULATION_MAKER,
  signedCertificate,
  type UnsignedCertificate,
} from "../../protocol/certificate";
import { ed25519Signer, ed25519Verify } from "../crypto";

/** The simulation maker's seed is public: it certifies nothing but units that say they are simulated. */
const simulationMaker = ed25519Signer(createHash("sha256").update("avnode/simulation-maker/v1").digest());

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
  return { ...unsigned, signature: simulationMaker.sign(signedCertificate(unsigned)) };
}
