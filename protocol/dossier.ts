/** A device's public papers beside its certificate: the leaf hashes of its signing trees, which paths are made from. */
import { cut, sameBytes } from "./bytes";
import { decodeCbor, encodeCbor } from "./cbor";
import { type Certificate, decodeCertificate, MAX_CERTIFICATE_BYTES } from "./certificate";
import { Fields } from "./fields";
import { decodeLmsPublicKey, lmsPath, lmsRoot, lmsShape } from "./lms";
import type { Hash } from "./merkle";
import { refusal } from "./refusal";

export interface Dossier {
  /** As encoded: what leaves of the log name by its hash. */
  certificate: Uint8Array;
  /** For each tree of the certificate its 2^h leaf hashes, one behind the other. */
  leaves: Uint8Array[];
}

const TYPE = "avnode/dossier";
const VERSION = 1;
/** Eight trees of height 10 and 24 bytes each are 196,608. */
export const MAX_DOSSIER_BYTES = 1048576;
const MAX_TREES = 64;

export function encodeDossier(dossier: Dossier): Uint8Array {
  return encodeCbor({ type: TYPE, v: VERSION, certificate: dossier.certificate, leaves: dossier.leaves });
}

/** Reads the form only: `checkDossier` proves the tables. @throws CBOR_*, DOSSIER_*, CERTIFICATE_* */
export function decodeDossier(bytes: Uint8Array): Dossier {
  if (bytes.length > MAX_DOSSIER_BYTES) {
    throw refusal("DOSSIER_LENGTH", "a dossier of " + bytes.length + " bytes");
  }
  const fields = new Fields(decodeCbor(bytes), "DOSSIER", ["type", "v", "certificate", "leaves"]);
  fields.is("type", TYPE);
  fields.is("v", VERSION);
  const leaves: Uint8Array[] = [];
  const list = fields.list("leaves", MAX_TREES);
  for (let i = 0; i < list.length; i++) {
    const table = list[i];
    if (!(table instanceof Uint8Array)) throw refusal("DOSSIER_FIELD", "dossier: a table is not bytes");
    leaves.push(table);
  }
  return { certificate: fields.blob("certificate", MAX_CERTIFICATE_BYTES), leaves };
}

/**
 * Proves every table by the root that the certificate names; the certificate's own signature is the caller's to check.
 * @throws DOSSIER_TABLES, DOSSIER_ROOT, LMS_*, CBOR_*, CERTIFICATE_*
 */
export function checkDossier(sha256: Hash, dossier: Dossier): Certificate {
  const certificate = decodeCertificate(dossier.certificate);
  if (certificate.trees.length !== dossier.leaves.length) {
    throw refusal(
      "DOSSIER_TABLES",
      "the certificate names " +
        certificate.trees.length +
        " signing trees, the dossier has " +
        dossier.leaves.length +
        " tables",
    );
  }
  for (let i = 0; i < certificate.trees.length; i++) {
    const key = decodeLmsPublicKey(certificate.trees[i]);
    const root = lmsRoot(sha256, key.lmsType, key.id, dossier.leaves[i]);
    if (!sameBytes(root, key.root)) {
      throw refusal("DOSSIER_ROOT", "table " + i + " does not lead to the root that the certificate names");
    }
  }
  return certificate;
}

/** Authentication path of a signature, lowest node first. @throws LMS_* */
export function tablePath(
  sha256: Hash,
  publicKey: Uint8Array,
  table: Uint8Array,
  leaf: number,
): Uint8Array[] {
  const key = decodeLmsPublicKey(publicKey);
  const bytes = lmsPath(sha256, key.lmsType, key.id, table, leaf);
  const nodes: Uint8Array[] = [];
  const m = lmsShape(key.lmsType).m;
  for (let at = 0; at < bytes.length; at += m) nodes.push(cut(bytes, at, at + m));
  return nodes;
}
