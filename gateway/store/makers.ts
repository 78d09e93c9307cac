/** Whose certificates are believed, and for which classes of unit. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { sameBytes } from "../../protocol/bytes";
import { type Certificate, DeviceClass, signedCertificate } from "../../protocol/certificate";

interface Maker {
  publicKey: KeyObject;
  classes: number[];
}

/** PKCS #8 wrapping of a 32-byte Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The simulation maker's seed is public: it certifies nothing but units that say they are simulated. */
const simulationKey = createPrivateKey({
  key: Buffer.concat([PKCS8_PREFIX, createHash("sha256").update("avnode/simulation-maker/v1").digest()]),
  format: "der",
  type: "pkcs8",
});

const MAKERS: Maker[] = [{ publicKey: createPublicKey(simulationKey), classes: [DeviceClass.simulated] }];

/** First 8 bytes of SHA-256 over the raw public key. */
function makerId(key: KeyObject): Buffer {
  const raw = key.export({ format: "der", type: "spki" }).subarray(-32);
  return createHash("sha256").update(raw).digest().subarray(0, 8);
}

/** True when a pinned maker signed it and may certify that class. */
export function isGenuine(certificate: Certificate): boolean {
  const { deviceClass, device, maker, signature } = certificate;
  const pinned = MAKERS.find((known) => sameBytes(makerId(known.publicKey), maker));
  if (!pinned || !pinned.classes.includes(deviceClass)) return false;
  return verify(null, signedCertificate(deviceClass, device, maker), pinned.publicKey, signature);
}

/** A certificate for a virtual handheld. */
export function certifySimulated(device: Uint8Array): Certificate {
  const maker = makerId(createPublicKey(simulationKey));
  const signature = sign(null, signedCertificate(DeviceClass.simulated, device, maker), simulationKey);
  return { deviceClass: DeviceClass.simulated, device, maker, signature };
}
