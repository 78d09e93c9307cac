/** Whose recording it is: the certificate, its maker's signature, and the handheld's own signature of the close. */
import { sameBytes, toHex } from "../bytes";
import { type Certificate, DeviceClass, decodeCertificate, signedCertificate } from "../certificate";
import type { Crypto } from "../crypto";
import { assembleLms, decodeLmsPublicKey, verifyLms } from "../lms";
import type { Manifest } from "../manifest";
import type { Ed25519Verify } from "../note";
import { refusal } from "../refusal";
import { signedRevocations } from "../revocations";
import { decodeSignature } from "../signature";
import { fault, LineName, utc } from "./lines";
import type { Trust } from "./trust";

const signed = LineName.signed;

/** @throws PROOF_CERTIFICATE, PROOF_DEVICE, PROOF_CLASS, PROOF_MAKER_CLASS, PROOF_CERTIFICATE_SIGNATURE */
export function checkCertificate(
  crypto: Pick<Crypto, "sha256">,
  ed25519: Ed25519Verify,
  bytes: Uint8Array,
  manifest: Manifest,
  simulationMaker: Uint8Array,
): Certificate {
  let certificate: Certificate;
  try {
    certificate = decodeCertificate(bytes);
  } catch (error) {
    throw fault(signed, "PROOF_CERTIFICATE", "the certificate is none: " + (error as Error).message);
  }
  if (!sameBytes(certificate.device, manifest.device)) {
    throw fault(signed, "PROOF_DEVICE", "the certificate is of another device than the recording");
  }
  if (!sameBytes(crypto.sha256(bytes), manifest.certificate)) {
    throw fault(signed, "PROOF_CERTIFICATE", "the certificate is not the one that the log names");
  }
  if (certificate.deviceClass !== manifest.deviceClass) {
    throw fault(LineName.deviceClass, "PROOF_CLASS", "the certificate says another class than the log");
  }
  const isSimulationMaker = sameBytes(certificate.maker, simulationMaker);
  // Its private key is public: trusting it for more would trust everybody.
  if (isSimulationMaker && certificate.deviceClass !== DeviceClass.simulated) {
    throw fault(
      LineName.deviceClass,
      "PROOF_MAKER_CLASS",
      "the simulation maker certifies a unit that does not say it is simulated",
    );
  }
  if (!ed25519(certificate.maker, signedCertificate(certificate), certificate.signature)) {
    throw fault(signed, "PROOF_CERTIFICATE_SIGNATURE", "the maker did not sign this certificate");
  }
  return certificate;
}

/**
 * True when the device signed `close`. Only the path may be missing, and then it cannot be told.
 * @param close as signed
 */
export function isSignedBy(
  crypto: Pick<Crypto, "sha256">,
  certificate: Certificate,
  close: Uint8Array,
  body: Uint8Array,
  path: Uint8Array,
): boolean {
  try {
    const signature = decodeSignature(body);
    if (signature.tree >= certificate.trees.length) return false;
    const tree = certificate.trees[signature.tree];
    const lmsType = decodeLmsPublicKey(tree).lmsType;
    const whole = assembleLms(signature.leaf, signature.ots, lmsType, path);
    return verifyLms(crypto.sha256, tree, close, whole);
  } catch (_error) {
    return false;
  }
}

/**
 * What a list by the certificate's maker says of this unit, if it counts; undefined when none speaks of it.
 * @param loggedAt Unix seconds by a clock that is trusted
 * @throws REVOCATIONS_SIGNATURE for a list that its maker did not sign
 */
export function revocationText(
  ed25519: Ed25519Verify,
  certificate: Certificate,
  trust: Trust,
  loggedAt: number | undefined,
): { revoked: boolean; text: string } | undefined {
  let out: { revoked: boolean; text: string } | undefined;
  let newest = 0;
  for (let i = 0; i < trust.revocations.length; i++) {
    const list = trust.revocations[i];
    if (sameBytes(list.maker, certificate.maker)) newest = Math.max(newest, list.number);
  }
  for (let i = 0; i < trust.revocations.length; i++) {
    const list = trust.revocations[i];
    if (!ed25519(list.maker, signedRevocations(list), list.signature)) {
      throw refusal("REVOCATIONS_SIGNATURE", "the revocation list was not signed by the maker that it names");
    }
    if (!sameBytes(list.maker, certificate.maker) || list.number < newest) continue;
    for (let k = 0; k < list.entries.length; k++) {
      const entry = list.entries[k];
      if (!sameBytes(entry.device, certificate.device)) continue;
      const why = entry.reason === "" ? "" : " (" + entry.reason + ")";
      const revoked = !(loggedAt !== undefined && loggedAt < entry.since);
      const text = "its maker revoked it from " + utc(entry.since) + " on" + why;
      if (!out || revoked) out = { revoked, text };
    }
  }
  return out;
}

const CLASS_NAMES: string[] = [];
CLASS_NAMES[DeviceClass.locked] =
  "locked: its firmware is the maker's and cannot be read or changed through its ports";
CLASS_NAMES[DeviceClass.dev] = "dev: an open unit, whose owner can change its firmware";
CLASS_NAMES[DeviceClass.simulated] = "SIMULATED: no heart, no handheld";
CLASS_NAMES[DeviceClass.adopted] = "adopted: a file that a hub took over; no handheld signed it";

export function classText(deviceClass: number): string {
  return CLASS_NAMES[deviceClass];
}

export function deviceText(certificate: Certificate): string {
  return "device " + toHex(certificate.device) + " (" + certificate.board + ")";
}
