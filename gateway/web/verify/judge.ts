/** A file that somebody brought: taken out of its PDF if it is one, judged, and opened when nothing contradicts. */
import { DeviceClass } from "../../../protocol/certificate";
import type { Crypto } from "../../../protocol/crypto";
import { decodeProof, MAX_PROOF_BYTES } from "../../../protocol/proof/file";
import { verifyProof } from "../../../protocol/proof/verify";
import { refusal } from "../../../protocol/refusal";
import { decodeRevocations, MAX_REVOCATIONS_BYTES } from "../../../protocol/revocations";
import { openFrame } from "../../../protocol/seal";
import { attachedProof, isPdf } from "../../document/attachment";
import { parseTrustLines } from "../../proof/trustlines";
import { type Worded, worded } from "../../proof/words";
import { browserCrypto } from "./crypto";
import { inflate } from "./inflate";
import { Signal } from "./signal";

/** A proof and the pages around it. */
export const MAX_FILE_BYTES = 2 * MAX_PROOF_BYTES;

export interface Brought {
  bytes: Uint8Array;
  /** Lines of a trust file. */
  trust: string;
  /** Revocation lists. */
  revocations: Uint8Array[];
}

export interface Judgement extends Worded {
  /** True when it came out of a PDF, whose pages nobody judged. */
  isFromPdf: boolean;
  isSimulated: boolean;
  signal?: Signal;
}

/**
 * @param progress told how much of the file is done, 0 to 1
 * @throws TRUST_LINE, REVOCATIONS_*, PDF_*, FILE_SIZE with what to do
 */
export async function judge(
  brought: Brought,
  progress: (share: number) => void = () => undefined,
): Promise<Judgement> {
  const { bytes, trust: lines, revocations } = brought;
  if (bytes.length > MAX_FILE_BYTES)
    throw refusal("FILE_SIZE", `the file has ${bytes.length} bytes; a report has at most ${MAX_FILE_BYTES}`);
  const isFromPdf = isPdf(bytes);
  const proof = isFromPdf ? await proofIn(bytes) : bytes;
  let done = 0;
  // Opened once for the verdict, and once more for the curves.
  const crypto = browserCrypto((length) => {
    done += length;
    progress(Math.min(1, done / (2 * proof.length)));
  });
  const trust = parseTrustLines(crypto.sha256, lines, "the trust file");
  for (const list of revocations) {
    if (list.length > MAX_REVOCATIONS_BYTES)
      throw refusal("REVOCATIONS_SIZE", `a revocation list has at most ${MAX_REVOCATIONS_BYTES} bytes`);
    trust.revocations.push(decodeRevocations(list));
  }
  const report = verifyProof(crypto, proof, trust);
  const isSimulated = report.manifest?.deviceClass === DeviceClass.simulated;
  const signal =
    report.opened && report.manifest?.rate ? signalOf(crypto, proof, report.manifest.samples) : undefined;
  return { ...worded(report), isFromPdf, isSimulated, ...(signal && { signal }) };
}

/** Of a proof in which nothing contradicts: what was altered is shown to nobody as a curve. */
function signalOf(crypto: Pick<Crypto, "open">, bytes: Uint8Array, samples: number): Signal {
  const { key, frames } = decodeProof(bytes);
  const opened = frames.map((frame) => ({ frame, body: openFrame(crypto as Crypto, key!, frame) }));
  return new Signal(opened, samples);
}

async function proofIn(pdf: Uint8Array): Promise<Uint8Array> {
  const attached = attachedProof(pdf);
  if (!attached)
    throw refusal(
      "PDF_NO_PROOF",
      "the PDF carries no proof: it is none of avnode's reports, or was printed to a new file",
    );
  return attached.deflated ? inflate(attached.bytes, MAX_PROOF_BYTES) : attached.bytes;
}
