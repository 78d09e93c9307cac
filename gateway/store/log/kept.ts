/** What somebody kept elsewhere of a log: a checkpoint, or a proof file, which carries one and a leaf below it. */
import { type Checkpoint, decodeCheckpoint, decodeNote, type Note } from "../../../protocol/note";
import { decodeProof } from "../../../protocol/proof/file";
import { checkInclusion } from "../../../protocol/proof/logged";
import { nodeCrypto as crypto } from "../../crypto";

export interface Kept {
  /** For messages. */
  name: string;
  note: Note;
  checkpoint: Checkpoint;
  /** Of a proof: it stands below the checkpoint. */
  leaf?: { index: number; bytes: Uint8Array };
}

/** Of CBOR's first byte; a note begins with a printable character. */
const MAP = 5;

/** @throws NOTE_*, CBOR_*, PROOF_* */
export function readKept(bytes: Uint8Array): Kept {
  if (bytes.length === 0 || bytes[0] >> 5 !== MAP) {
    const note = decodeNote(bytes);
    return { name: "the kept checkpoint", note, checkpoint: decodeCheckpoint(note.text) };
  }
  const proof = decodeProof(bytes);
  const { note, checkpoint } = checkInclusion(crypto, proof);
  const leaf = { index: proof.log.index, bytes: proof.manifest };
  return { name: "the kept proof's checkpoint", note, checkpoint, leaf };
}
