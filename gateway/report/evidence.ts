/** What of a recording others can verify: the opened proof, and a line about it for whoever has only the paper. */
import { toHex } from "../../protocol/bytes";
import { leafHash } from "../../protocol/merkle";
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { nodeCrypto } from "../crypto";
import { writeProof } from "../proof/write";
import type { RecordingInfo } from "../store/infos";
import type { LeafPlace } from "../store/log/reading";
import type { StoreReader } from "../store/reader";
import type { Words } from "../words/words";

/** Whether a report has the proof in it, or why not. */
export type ProofState = "inside" | "left-out" | "too-large" | "not-logged";

export interface Shown {
  state: ProofState;
  /** Of one that is inside. */
  proof?: Uint8Array;
  /** What the QR code says; undefined before the recording is in the log. */
  place?: string;
  signed: string;
  /** In a sentence, of the proof. */
  text: string;
}

const MEGABYTE = 1024 * 1024;

/** The recording's place in the hub's log, as `avnode verify` states it of the attached proof. */
export function placeText(
  id: string,
  { origin, index, leaf }: Pick<LeafPlace, "origin" | "index" | "leaf">,
): string {
  return `avnode:1 id=${id} log=${origin} index=${index} leaf=${toHex(leafHash(nodeCrypto.sha256, leaf))}`;
}

/** @param wanted whether the proof goes with the report */
export function evidenceOf(
  { log }: StoreReader,
  { id, adopted }: Pick<RecordingInfo, "id" | "adopted">,
  wanted: boolean,
  words: Words,
): Shown {
  const signature = adopted ? "adopted" : (log.signature(id) ?? "none");
  const signed = words.say(`signature-${signature}`);
  const place = log.place(id);
  if (!place || !log.checkpointOver(place.log, place.index))
    return { state: "not-logged", signed, text: words.say("proof-not-logged") };
  const known = { signed, place: placeText(id, place) };
  if (!wanted) return { state: "left-out", ...known, text: words.say("proof-left-out") };
  const tooLarge: Shown = {
    ...{ state: "too-large", ...known },
    text: words.say("proof-too-large", { mb: MAX_PROOF_BYTES / MEGABYTE }),
  };
  // Of a week nobody wants all frames in memory to learn that they are too many.
  if (log.frameBytes(id) > MAX_PROOF_BYTES) return tooLarge;
  const evidence = log.evidence(id);
  const proof = writeProof(evidence, { open: true, hub: log.key(evidence.origin) });
  if (proof.length > MAX_PROOF_BYTES) return tooLarge;
  return { ...{ state: "inside", ...known, proof }, text: words.say("proof-inside") };
}
