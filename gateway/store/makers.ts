/** Certificates: whether one is its maker's, and those of virtual handhelds. Whose maker is believed, pinned.ts knows. */
import { createHash } from "node:crypto";
import { sameBytes, toHex } from "../../protocol/bytes";
import {
  type Certificate,
  DeviceClass,
  SIMULATION_MAKER,
  signedCertificate,
  type UnsignedCertificate,
} from "../../protocol/certificate";
import { ed25519Signer, ed25519Verify, nodeCrypto } from "../crypto";

/** The simulation maker's seed is public: it certifies nothing but units that say they are simulated. */
const simulationMaker = ed25519Signer(createHash("sha256").update("avnode/simulation-maker/v1").digest());

/** Of a SHA-256: as hard to meet by trying as any key here. */
const FINGERPRINT_BYTES = 16;

export function isSimulationMaker(maker: Uint8Array): boolean {
  return sameBytes(maker, SIMULATION_MAKER);
}

/** How a maker's key stands on its paper and here, to be compared by eye: eight groups of four hex digits. */
export function fingerprintOf(maker: Uint8Array): string {
  const digits = toHex(nodeCrypto.sha256(maker).subarray(0, FINGERPRINT_BYTES));
  return digits.match(/.{4}/g)!.join(" ");
}

/** True when the maker that it names signed it, and may certify that class. Says nothing of whether to believe that maker. */
export function isGenuine(certificate: Certificate): boolean {
  const { deviceClass, maker } = certificate;
  if (deviceClass === DeviceClass.adopted) return false;
  if (isSimulationMaker(maker) && deviceClass !== DeviceClass.simulated) return false;
  return ed25519Verify(maker, signedCertificate(certificate), certificate.signature);
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
