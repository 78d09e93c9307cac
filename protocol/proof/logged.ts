/** Since when a recording is known: its leaf in the hub's log, and who signed the log's checkpoint, and when. */
import { sameBytes, toHex } from "../bytes";
import type { Crypto } from "../crypto";
import { inclusionRoot, leafHash } from "../merkle";
import {
  type Checkpoint,
  cosignedAt,
  decodeCheckpoint,
  decodeNote,
  type Ed25519Verify,
  encodeNote,
  isSigned,
  type Note,
  type VerifierKey,
} from "../note";
import type { ProofFile } from "./file";
import { fault, LineName, LineState, utc } from "./lines";
import { type Trust, type TrustedKey, trustedSigner } from "./trust";

const logged = LineName.logged;

/** A cosignature that verifies. */
export interface Timestamp {
  signer: VerifierKey;
  /** Unix seconds. */
  at: number;
}

export interface Logged {
  checkpoint: Checkpoint;
  hub: VerifierKey;
  /** The hub's own first. */
  times: Timestamp[];
}

/** The hub signs twice, plainly and with its time; others may have cosigned. No line may be left that nobody checks. */
function timesOf(
  sha256: Crypto["sha256"],
  ed25519: Ed25519Verify,
  note: Note,
  hub: VerifierKey,
  signers: Uint8Array[],
) {
  const wrong = fault(
    logged,
    "PROOF_CHECKPOINT_SIGNATURE",
    "the checkpoint's signatures are not those it must have",
  );
  const lines = note.signatures;
  if (lines.length < 2 || signers.length !== lines.length || !sameBytes(signers[1], hub.publicKey))
    throw wrong;
  const times: Timestamp[] = [];
  for (let i = 0; i < lines.length; i++) {
    const signer = { name: lines[i].name, publicKey: signers[i] };
    if (i < 2 && signer.name !== hub.name) throw wrong;
    // One line at a time: each must hold by itself.
    const one = { text: note.text, signatures: [lines[i]] };
    if (i === 0) {
      if (!isSigned(sha256, ed25519, one, signer)) throw wrong;
      continue;
    }
    const at = cosignedAt(sha256, ed25519, one, signer);
    if (at === undefined) throw wrong;
    times.push({ signer, at });
  }
  return times;
}

/** @throws PROOF_CHECKPOINT, PROOF_INCLUSION */
export function checkInclusion(
  crypto: Pick<Crypto, "sha256">,
  proof: ProofFile,
): { note: Note; checkpoint: Checkpoint } {
  let note: Note;
  let checkpoint: Checkpoint;
  try {
    note = decodeNote(proof.log.checkpoint);
    checkpoint = decodeCheckpoint(note.text);
  } catch (error) {
    throw fault(logged, "PROOF_CHECKPOINT", "the checkpoint is none: " + (error as Error).message);
  }
  if (!sameBytes(encodeNote(note), proof.log.checkpoint)) {
    throw fault(logged, "PROOF_CHECKPOINT", "the checkpoint has lines that nobody can check");
  }
  let root: Uint8Array;
  try {
    const hash = leafHash(crypto.sha256, proof.manifest);
    root = inclusionRoot(crypto.sha256, hash, proof.log.index, checkpoint.size, proof.log.path);
  } catch (error) {
    throw fault(logged, "PROOF_INCLUSION", "the recording is not in the log: " + (error as Error).message);
  }
  if (!sameBytes(root, checkpoint.root)) {
    throw fault(logged, "PROOF_INCLUSION", "what the file says of the recording is not what the log holds");
  }
  return { note, checkpoint };
}

/** @throws PROOF_CHECKPOINT_SIGNATURE */
export function checkSigners(
  crypto: Pick<Crypto, "sha256">,
  ed25519: Ed25519Verify,
  note: Note,
  checkpoint: Checkpoint,
  signers: Uint8Array[],
): Logged {
  const hub = { name: checkpoint.origin, publicKey: signers.length > 0 ? signers[0] : new Uint8Array(0) };
  return { checkpoint, hub, times: timesOf(crypto.sha256, ed25519, note, hub, signers) };
}

function isImpostor(hubs: TrustedKey[], hub: VerifierKey): boolean {
  for (let i = 0; i < hubs.length; i++) if (hubs[i].name === hub.name) return true;
  return false;
}

/**
 * What the signers' clocks say; `at` is the earliest of those that are trusted.
 * @throws PROOF_HUB when it calls itself a hub that is trusted, and is another
 */
export function trustedTimes(
  found: Logged,
  trust: Trust,
): { at: number | undefined; state: string; text: string } {
  let at: number | undefined;
  let text = "";
  for (let i = 0; i < found.times.length; i++) {
    const stamp = found.times[i];
    const kind = i === 0 ? "hub" : "witness";
    const key = trustedSigner(i === 0 ? trust.hubs : trust.witnesses, stamp.signer);
    const stranger = "a " + kind + " that nobody vouches for, " + toHex(stamp.signer.publicKey).substr(0, 16);
    const who = key ? kind + " " + key.label : stranger;
    text += (i === 0 ? "" : "; ") + "before " + utc(stamp.at) + " by the clock of " + who;
    if (key && (at === undefined || stamp.at < at)) at = stamp.at;
  }
  if (!trustedSigner(trust.hubs, found.hub) && isImpostor(trust.hubs, found.hub)) {
    throw fault(
      logged,
      "PROOF_HUB",
      "it calls itself " + found.hub.name + ": a hub of that name is trusted, and this is not its key",
    );
  }
  return { at, state: at === undefined ? LineState.unknown : LineState.ok, text };
}
