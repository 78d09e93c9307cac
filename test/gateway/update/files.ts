/** Release files of the simulation maker, whose key is public: for simulated handhelds. */
import { createHash } from "node:crypto";
import { ed25519Signer } from "../../../gateway/crypto";
import { SIMULATION_MAKER } from "../../../protocol/certificate";
import { encodeReleaseFile, type ReleaseFile, signedReleaseFile } from "../../../protocol/releasefile";
import type { Made } from "../../firmware/maker";

const signer = ed25519Signer(createHash("sha256").update("avnode/simulation-maker/v1").digest());

export function releaseFile({ offer, image }: Made, more: Partial<ReleaseFile> = {}): Uint8Array {
  const notes = Buffer.from("Zählt besser.\n");
  const file = { maker: SIMULATION_MAKER, release: offer, image, notes, issued: 1767225600, ...more };
  return encodeReleaseFile({ signature: signer.sign(signedReleaseFile(file)), ...file });
}
