/** Makers of a test: they certify handhelds and revoke them. */
import { nodeCrypto as crypto, ed25519Signer } from "../../../gateway/crypto";
import {
  type Certificate,
  DeviceClass,
  decodeCertificate,
  encodeCertificate,
  signedCertificate,
} from "../../../protocol/certificate";
import { decodeDossier, encodeDossier } from "../../../protocol/dossier";
import { encodeRevocations, type Revocation, signedRevocations } from "../../../protocol/revocations";
import { Handheld, signingHandheld } from "./handheld";

/** @param name another maker for another name */
export function makerOf(name: string) {
  const { publicKey, sign } = ed25519Signer(crypto.sha256(Buffer.from(`maker ${name}`)));

  function certify(device: Uint8Array, deviceClass: number, trees: Uint8Array[]): Uint8Array {
    const unsigned: Omit<Certificate, "signature"> = {
      ...{
        deviceClass,
        device,
        board: "test",
        firmware: new Uint8Array(32),
        maker: publicKey,
        issued: 0,
        trees,
      },
    };
    return encodeCertificate({ ...unsigned, signature: sign(signedCertificate(unsigned)) });
  }

  /** A handheld of its making. @param seed whose id it has */
  function handheld(seed: number, deviceClass: number = DeviceClass.locked): Handheld {
    const { id } = new Handheld(seed);
    return new Handheld(seed, undefined, certify(id, deviceClass, []));
  }

  return {
    publicKey,
    certify,
    handheld,
    /** One that signs, with its papers. */
    signing(seed: number, deviceClass: number = DeviceClass.locked): Handheld {
      const { id, signing, dossier } = signingHandheld(seed);
      const { trees, leaves } = partsOf(dossier!);
      const certificate = certify(id, deviceClass, trees);
      const made = new Handheld(seed, undefined, certificate);
      made.signing = signing;
      made.dossier = encodeDossier({ certificate, leaves });
      return made;
    },
    /** A list of its own, as a file. */
    revokes(number: number, entries: Revocation[], issued = 0): Uint8Array {
      const list = { maker: publicKey, number, issued, entries };
      return encodeRevocations({ ...list, signature: sign(signedRevocations(list)) });
    },
  };
}

function partsOf(dossier: Uint8Array) {
  const { certificate, leaves } = decodeDossier(dossier);
  return { trees: decodeCertificate(certificate).trees, leaves };
}
