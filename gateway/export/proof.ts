/** The proof of a recording, as `avnode proof` writes it: it shows whose device, how long and since when, and no ECG. */
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { writeProof } from "../proof/write";
import { StoreError } from "../store/errors";
import { smallFile } from "./pieces";
import type { ExportSource, OutFile } from "./source";

/** @throws EXPORT_TOO_LARGE, STORE_* */
export function proofFiles(source: ExportSource): OutFile[] {
  const bytes = proofBytes(source);
  return [smallFile(`${source.name}.proof`, () => bytes)];
}

/** @throws EXPORT_TOO_LARGE, STORE_* */
export function proofBytes({ reader, study }: Pick<ExportSource, "reader" | "study">): Uint8Array {
  const evidence = reader.log.evidence(study.info.id);
  const bytes = writeProof(evidence, { open: false, hub: reader.log.key(evidence.origin) });
  if (bytes.length <= MAX_PROOF_BYTES) return bytes;
  throw new StoreError(
    "EXPORT_TOO_LARGE",
    `the proof would have ${bytes.length} bytes, and no verifier reads more than ${MAX_PROOF_BYTES}`,
  );
}
