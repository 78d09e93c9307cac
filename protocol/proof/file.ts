/** The proof file: one recording with everything that shows whose it is, that it is whole, and since when it is known. */
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "../cbor";
import { MAX_CERTIFICATE_BYTES } from "../certificate";
import { HASH_BYTES } from "../chain";
import { Fields } from "../fields";
import { MAX_FRAME_BYTES } from "../header";
import { MAX_LEAF_BYTES } from "../leaves";
import { SALT_BYTES } from "../manifest";
import { MAX_PATH } from "../merkle";
import { KEY_BYTES, MAX_NOTE_BYTES } from "../note";
import { refusal } from "../refusal";
import { SIGNATURE_BYTES } from "../signature";

/** A later close of the same handheld, which states a checkpoint that the handheld had seen. */
export interface ProofEcho {
  /** As signed. */
  close: Uint8Array;
  /** Body of its signature frame. */
  signature: Uint8Array;
  /** Authentication path of the signature's leaf, lowest node first. */
  path: Uint8Array;
  /** From the proof's checkpoint to the one that the close states. */
  consistency: Uint8Array[];
}

export interface ProofFile {
  certificate: Uint8Array;
  /** A leaf of the log. */
  manifest: Uint8Array;
  /** As sealed, in order: those that the chain runs through, so neither the close nor its signature. */
  frames: Uint8Array[];
  /** MK; null in a proof that tells nothing of the content. */
  key: Uint8Array | null;
  /** Authentication path of the manifest's signature. */
  path: Uint8Array | null;
  log: {
    index: number;
    path: Uint8Array[];
    /** The signed note, and an Ed25519 public key for each of its lines: no byte of it goes unchecked. */
    checkpoint: Uint8Array;
    signers: Uint8Array[];
  };
  echo: ProofEcho | null;
  /** What the manifest's commitment opens to; the name in UTF-8. */
  person: { name: Uint8Array; salt: Uint8Array } | null;
}

/** Days of ECG; whoever reads a file looks at its size before its content. */
export const MAX_PROOF_BYTES = 67108864;
const TYPE = "avnode/proof";
const VERSION = 1;
/** Twelve days of one a second: more than fit a file. */
const MAX_FRAMES = 1048576;
/** Everything but the frames. */
const MAX_OTHER_ITEMS = 1024;
const MAX_SIGNED_CLOSE = 256;
/** An LMS tree of height 25 with 32-byte nodes. */
const MAX_LMS_PATH = 800;
const MAX_SIGNERS = 64;
const MAX_NAME = 1024;
const MAX_EXACT = 9007199254740991;

export function encodeProof(proof: ProofFile): Uint8Array {
  const log: CborMap = {
    index: proof.log.index,
    path: proof.log.path,
    checkpoint: proof.log.checkpoint,
    signers: proof.log.signers,
  };
  const echo: CborValue = proof.echo && {
    close: proof.echo.close,
    signature: proof.echo.signature,
    path: proof.echo.path,
    consistency: proof.echo.consistency,
  };
  return encodeCbor({
    type: TYPE,
    v: VERSION,
    certificate: proof.certificate,
    manifest: proof.manifest,
    frames: proof.frames,
    key: proof.key,
    path: proof.path,
    log,
    echo,
    person: proof.person && { name: proof.person.name, salt: proof.person.salt },
  });
}

function echoOf(value: CborValue): ProofEcho {
  const fields = new Fields(value, "PROOF", ["close", "signature", "path", "consistency"]);
  return {
    close: fields.blob("close", MAX_SIGNED_CLOSE),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
    path: fields.blob("path", MAX_LMS_PATH),
    consistency: fields.hashes("consistency", HASH_BYTES, 2 * MAX_PATH),
  };
}

function framesOf(list: CborValue[]): Uint8Array[] {
  for (let i = 0; i < list.length; i++) {
    const frame = list[i];
    if (!(frame instanceof Uint8Array) || frame.length > MAX_FRAME_BYTES) {
      throw refusal(
        "PROOF_FIELD",
        "proof: item " + i + " of frames is not at most " + MAX_FRAME_BYTES + " bytes",
      );
    }
  }
  return list as Uint8Array[];
}

/** Reads the form only. @throws PROOF_SIZE, CBOR_*, PROOF_FIELD */
export function decodeProof(bytes: Uint8Array): ProofFile {
  const keys = ["type", "v", "certificate", "manifest", "frames", "key", "path", "log", "echo", "person"];
  if (bytes.length > MAX_PROOF_BYTES) {
    throw refusal("PROOF_SIZE", "a proof has at most " + MAX_PROOF_BYTES + " bytes, this " + bytes.length);
  }
  const fields = new Fields(decodeCbor(bytes, MAX_FRAMES + MAX_OTHER_ITEMS), "PROOF", keys);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  const log = new Fields(fields.value("log"), "PROOF", ["index", "path", "checkpoint", "signers"]);
  const proof: ProofFile = {
    certificate: fields.blob("certificate", MAX_CERTIFICATE_BYTES),
    manifest: fields.blob("manifest", MAX_LEAF_BYTES),
    frames: framesOf(fields.list("frames", MAX_FRAMES)),
    key: fields.isNull("key") ? null : fields.bytes("key", 16),
    path: fields.isNull("path") ? null : fields.blob("path", MAX_LMS_PATH),
    log: {
      index: log.uint("index", MAX_EXACT),
      path: log.hashes("path", HASH_BYTES, MAX_PATH),
      checkpoint: log.blob("checkpoint", MAX_NOTE_BYTES),
      signers: log.hashes("signers", KEY_BYTES, MAX_SIGNERS),
    },
    echo: fields.isNull("echo") ? null : echoOf(fields.value("echo")),
    person: null,
  };
  if (!fields.isNull("person")) {
    const person = new Fields(fields.value("person"), "PROOF", ["name", "salt"]);
    proof.person = { name: person.blob("name", MAX_NAME), salt: person.bytes("salt", SALT_BYTES) };
  }
  return proof;
}
