/** What of a recording others can verify: the opened proof, and a line about it for whoever has only the paper. */
import { toHex } from "../../protocol/bytes";
import { leafHash } from "../../protocol/merkle";
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { nodeCrypto } from "../crypto";
import { writeProof } from "../proof/write";
import { codeOf } from "../store/errors";
import type { Evidence } from "../store/log/evidence";
import type { StoreReader } from "../store/reader";

export interface Shown {
  /** Undefined where there is none, or it is not to go with the report. */
  proof?: Uint8Array;
  /** What the QR code says; undefined before the recording is in the log. */
  place?: string;
  signed: string;
  /** In a sentence, of the proof. */
  text: string;
}

const SIGNATURES: Record<string, string> = {
  signed: "signed by its handheld",
  wrong: "NOT signed by its handheld: the signature is another's",
  unchecked: "signed by its handheld; the signature was not checked here",
  sealed: "sealed, not signed: who has the hub's keys could have made it",
};

/** The recording's place in the hub's log, as `avnode verify` states it of the attached proof. */
export function placeText(id: string, { origin, index, leaf }: Pick<Evidence, "origin" | "index" | "leaf">): string {
  return `avnode:1 id=${id} log=${origin} index=${index} leaf=${toHex(leafHash(nodeCrypto.sha256, leaf))}`;
}

/** @param wanted whether the proof goes with the report */
export function evidenceOf({ log }: StoreReader, id: string, wanted: boolean): Shown {
  const signature = log.signature(id);
  const signed = signature ? SIGNATURES[signature]! : "not signed: it has no end yet";
  let evidence: Evidence;
  try {
    evidence = log.evidence(id);
  } catch (error) {
    if (codeOf(error) !== "STORE_NOT_LOGGED") throw error;
    return { signed, text: "no proof yet: the recording is not in the hub's log; make the report again later" };
  }
  const place = placeText(id, evidence);
  if (!wanted) return { signed, place, text: "the proof was left out when this was made" };
  const proof = writeProof(evidence, { open: true, hub: log.key(evidence.origin) });
  if (proof.length > MAX_PROOF_BYTES)
    return { signed, place, text: "the proof is too large to go with this; 'avnode proof' tells more" };
  return {
    ...{ signed, place, proof },
    text: "this file carries its proof: 'avnode verify' on it checks the recording",
  };
}
