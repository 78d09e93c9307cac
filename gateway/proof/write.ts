/** A proof file from what the store holds of a recording. */
import { concat } from "../../protocol/bytes";
import { decodeHeader } from "../../protocol/header";
import { decodeManifest, type Manifest } from "../../protocol/manifest";
import { decodeNote, encodeNote, type VerifierKey } from "../../protocol/note";
import { encodeProof, type ProofEcho } from "../../protocol/proof/file";
import type { Echo, Evidence } from "../store/log/evidence";

export interface ProofOptions {
  /** Discloses the recording's key, and with it the ECG, and the person's name. */
  open: boolean;
  /** What the log's checkpoint was signed with. */
  hub: VerifierKey;
}

/**
 * The frames that the chain runs through. Of a stretch that was declared lost the store may hold some frames; the chain
 * jumps over them, so nothing vouches for them and they stay out, unless the whole stretch is held.
 */
function chained(frames: Uint8Array[], manifest: Manifest): Uint8Array[] {
  const held = new Map<number, Uint8Array>();
  for (const frame of frames) {
    const { sequence } = decodeHeader(frame);
    if (sequence < manifest.to) held.set(sequence, frame);
  }
  const isWhole = ({ from, to }: { from: number; to: number }) => {
    for (let sequence = from; sequence <= to; sequence++) if (!held.has(sequence)) return false;
    return true;
  };
  // What goes out of one stretch may break another.
  let broken = manifest.drops.filter((drop) => !isWhole(drop));
  while (broken.length > 0) {
    const before = held.size;
    for (const { from, to } of broken)
      for (const sequence of held.keys()) if (sequence >= from && sequence <= to) held.delete(sequence);
    if (held.size === before) break;
    broken = manifest.drops.filter((drop) => !isWhole(drop));
  }
  return [...held.values()];
}

function echoOf(echo: Echo | undefined): ProofEcho | null {
  if (!echo?.lmsPath) return null;
  const { close, signature, lmsPath, consistency } = echo;
  return { close, signature, path: concat(lmsPath), consistency };
}

/** @throws MANIFEST_*, CBOR_*, NOTE_* for evidence that is none */
export function writeProof(evidence: Evidence, { open, hub }: ProofOptions): Uint8Array {
  const { certificate, leaf, frames, key, lmsPath, index, path, note, echo, person } = evidence;
  const { text, signatures } = decodeNote(note);
  // The hub's own two lines: whoever else signed, a reader of the file alone could not check it.
  const own = signatures.filter(({ name }) => name === hub.name).slice(0, 2);
  return encodeProof({
    certificate,
    manifest: leaf,
    frames: chained(frames, decodeManifest(leaf)),
    key: open ? key : null,
    path: lmsPath ? concat(lmsPath) : null,
    log: {
      index,
      path,
      checkpoint: encodeNote({ text, signatures: own }),
      signers: own.map(() => hub.publicKey),
    },
    echo: echoOf(echo),
    person: open && person ? { name: Buffer.from(person.name, "utf8"), salt: person.salt } : null,
  });
}
