/** A file that somebody brought: taken out of its PDF if it is one, judged, and opened when nothing contradicts. */
import { DeviceClass } from "../../../protocol/certificate";
import { MAX_PROOF_BYTES } from "../../../protocol/proof/file";
import { verifyProof } from "../../../protocol/proof/verify";
import { refusal } from "../../../protocol/refusal";
import { decodeRevocations, MAX_REVOCATIONS_BYTES } from "../../../protocol/revocations";
import { attachedProof, isPdf } from "../../document/attachment";
import { parseTrustLines } from "../../proof/trustlines";
import { type Worded, worded } from "../../proof/words";
import { browserCrypto } from "./crypto";
import { inflate } from "./inflate";
import { Signal } from "./signal";

/** A proof and the pages around it. */
export const MAX_FILE_BYTES = 2 * MAX_PROOF_BYTES;
const MAX_TRUST_CHARACTERS = 1_048_576;

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
  /** True when there is more of it than a curve can be kept of. */
  isTooLong: boolean;
  signal?: Signal;
}

/**
 * @param progress told how much of the file is done, 0 to 1
 * @throws TRUST_SIZE, TRUST_LINE, REVOCATIONS_*, PDF_*, FILE_SIZE with what to do
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
  const crypto = browserCrypto((length) => {
    done += length;
    progress(Math.min(1, done / proof.length));
  });
  if (lines.length > MAX_TRUST_CHARACTERS)
    throw refusal("TRUST_SIZE", `a trust file has at most ${MAX_TRUST_CHARACTERS} characters`);
  const trust = parseTrustLines(crypto.sha256, lines, "the trust file");
  for (const list of revocations) {
    if (list.length > MAX_REVOCATIONS_BYTES)
      throw refusal("REVOCATIONS_SIZE", `a revocation list has at most ${MAX_REVOCATIONS_BYTES} bytes`);
    trust.revocations.push(decodeRevocations(list));
  }
  let signal: Signal | undefined;
  let isTooLong = false;
  const report = verifyProof(crypto, proof, trust, {
    open(open, samples) {
      if (Signal.holds(open, samples)) signal = new Signal(open, samples, proof.length);
      else isTooLong = true;
    },
    mark: (mark) => signal?.mark(mark),
    data: (data, leads) => signal?.data(data, leads),
  });
  // What was altered is shown to nobody as a curve.
  if (!report.opened) signal = undefined;
  signal?.missing(signal.form.samples);
  const isSimulated = report.manifest?.deviceClass === DeviceClass.simulated;
  return { ...worded(report), isFromPdf, isSimulated, isTooLong, ...(signal && { signal }) };
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
