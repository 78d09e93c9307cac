/** Public LMS tables of handhelds, which come with the claim or later: what makes a signature's path. */
import type { Database, Statement } from "better-sqlite3";
import { sameBytes, toHex } from "../../protocol/bytes";
import { type Certificate, decodeCertificate } from "../../protocol/certificate";
import { checkDossier, type Dossier, decodeDossier, tablePath } from "../../protocol/dossier";
import { assembleLms, decodeLmsPublicKey, lmsRoot, lmsShape, verifyLms } from "../../protocol/lms";
import { type CloseSignature, decodeSignature } from "../../protocol/signature";
import { nodeCrypto as crypto } from "../crypto";
import { StoreError } from "./errors";
import type { Keyring } from "./keyring";
import { isGenuine } from "./makers";
import { Makers } from "./pinned";

/** Codes of what is no dossier, or none that proves itself. */
export const NO_DOSSIER = /^(CBOR|DOSSIER|CERTIFICATE|LMS)_/;

function isTable(publicKey: Uint8Array | undefined, leaves: Uint8Array): boolean {
  try {
    const { lmsType, id, root } = decodeLmsPublicKey(publicKey!);
    return sameBytes(lmsRoot(crypto.sha256, lmsType, id, leaves), root);
  } catch {
    return false;
  }
}

/**
 * Whether a dossier proves itself; not whether its maker is believed.
 * @throws DOSSIER_*, CBOR_*, CERTIFICATE_*, LMS_*; STORE_CERTIFICATE when the maker that it names did not sign it
 */
export function checkPapers(bytes: Uint8Array): { certificate: Certificate; dossier: Dossier } {
  const dossier = decodeDossier(bytes);
  // The signature first: what it does not cover is not worth hashing.
  if (!isGenuine(decodeCertificate(dossier.certificate))) {
    throw new StoreError(
      "STORE_CERTIFICATE",
      "the dossier's certificate is not as its maker signed it. Ask the maker for the file that belongs to this handheld",
    );
  }
  return { certificate: checkDossier(crypto.sha256, dossier), dossier };
}

export class Tables {
  private readonly insertion: Statement;
  private readonly selection: Statement;

  constructor(private readonly db: Database) {
    this.insertion = db.prepare(
      "INSERT INTO tables VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET leaves = excluded.leaves",
    );
    this.selection = db.prepare("SELECT leaves FROM tables WHERE device = ? AND tree = ?").pluck();
  }

  /**
   * Keeps the tables of a dossier that a pinned maker's certificate proves. Also for a process beside the one that runs
   * the hub, and for a handheld that is not claimed yet.
   * @throws as checkPapers does; STORE_CERTIFICATE when no maker that is believed signed it for this handheld
   */
  add(keyring: Keyring, bytes: Uint8Array): Certificate {
    const { certificate, dossier } = checkPapers(bytes);
    const { device, maker } = certificate;
    if (!new Makers(this.db, keyring).isPinned(maker)) {
      throw new StoreError(
        "STORE_CERTIFICATE",
        "the dossier is of a maker that this hub does not know. Claim its handheld first, or add the maker by the line on its paper: 'avnode makers'",
      );
    }
    const owned = this.db.prepare("SELECT certificate FROM devices WHERE id = ?").pluck().get(device);
    if (owned && !sameBytes(decodeCertificate(owned as Buffer).maker, maker)) {
      throw new StoreError(
        "STORE_CERTIFICATE",
        `the dossier is of another maker than handheld ${toHex(device)} here. Ask that one for the file that belongs to it`,
      );
    }
    this.db
      .transaction(() => {
        for (const [tree, leaves] of dossier.leaves.entries())
          this.insertion.run(certificate.device, tree, leaves);
      })
      .immediate();
    return certificate;
  }

  /** Numbers of the tables that do not lead to the certificate's roots. */
  altered(certificate: Certificate): number[] {
    const rows = this.db
      .prepare("SELECT tree, leaves FROM tables WHERE device = ? ORDER BY tree")
      .all(certificate.device) as { tree: number; leaves: Buffer }[];
    const wrong = rows.filter(({ tree, leaves }) => !isTable(certificate.trees[tree], leaves));
    return wrong.map(({ tree }) => tree);
  }

  /** Whether the handheld signed that close; undefined while the table is not here. */
  verify(certificate: Certificate, signed: Uint8Array, signatureBody: Uint8Array): boolean | undefined {
    let signature: CloseSignature;
    try {
      signature = decodeSignature(signatureBody);
    } catch {
      return false;
    }
    const { tree, leaf, ots } = signature;
    if (tree >= certificate.trees.length) return false;
    const publicKey = certificate.trees[tree];
    const { lmsType } = decodeLmsPublicKey(publicKey);
    if (leaf >= 2 ** lmsShape(lmsType).h) return false;
    const path = this.path(certificate, signatureBody);
    if (!path) return undefined;
    return verifyLms(crypto.sha256, publicKey, signed, assembleLms(leaf, ots, lmsType, Buffer.concat(path)));
  }

  /** Of the leaf that a signature names; undefined while its table is not here, or is another tree's. */
  path(certificate: Certificate, signatureBody: Uint8Array): Uint8Array[] | undefined {
    try {
      const { tree, leaf } = decodeSignature(signatureBody);
      const table = this.selection.get(certificate.device, tree) as Buffer | undefined;
      if (!table || tree >= certificate.trees.length) return undefined;
      return tablePath(crypto.sha256, certificate.trees[tree], table, leaf);
    } catch {
      return undefined;
    }
  }
}
