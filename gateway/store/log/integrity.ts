/** Whether a log is what its checkpoints say, whatever its leaves are about. */
import type { Database } from "better-sqlite3";
import { sameBytes } from "../../../protocol/bytes";
import { leafHash, nodeHash } from "../../../protocol/merkle";
import { cosignedAt, decodeCheckpoint, decodeNote, isSigned, type VerifierKey } from "../../../protocol/note";
import { nodeCrypto as crypto, ed25519Verify } from "../../crypto";
import type { CheckpointRow, LogPlace } from "./checkpoints";
import type { MerkleTree } from "./tree";

/** Whether the first `size` leaves of a log have that root. */
export function hasRoot(tree: MerkleTree, log: number, size: number, root: Uint8Array): boolean {
  try {
    return sameBytes(tree.root(log, size), root);
  } catch {
    return false;
  }
}

/** @param leaves all that are here, in the order of their index; @returns what is wrong with them or with their hashes */
export function treeProblems(db: Database, log: LogPlace, leaves: { idx: number; leaf: Buffer }[]): string[] {
  const problems: string[] = [];
  const name = `log ${log.id}`;
  if (leaves.length !== log.size || leaves.some(({ idx }, i) => idx !== i)) {
    problems.push(`${name} had ${log.size} leaves, ${leaves.length} are here`);
  }
  const nodes = db
    .prepare("SELECT level, idx, hash FROM nodes WHERE log = ? ORDER BY level, idx")
    .all(log.id) as { level: number; idx: number; hash: Buffer }[];
  const expected: { level: number; idx: number; hash: Uint8Array }[] = [];
  let hashes = leaves.map(({ leaf }) => leafHash(crypto.sha256, leaf));
  for (let level = 0; hashes.length > 0; level++) {
    for (const [idx, hash] of hashes.entries()) expected.push({ level, idx, hash });
    const above: Uint8Array[] = [];
    for (let i = 0; i + 1 < hashes.length; i += 2)
      above.push(nodeHash(crypto.sha256, hashes[i], hashes[i + 1]));
    hashes = above;
  }
  const same =
    nodes.length === expected.length &&
    nodes.every(({ level, idx, hash }, i) => {
      const want = expected[i];
      return level === want.level && idx === want.idx && sameBytes(hash, want.hash);
    });
  if (!same) problems.push(`the hashes of ${name} are not those of its leaves`);
  return problems;
}

/** Whether a checkpoint is signed, and says what its row says. @param key whose name is the log's origin */
export function isCheckpoint(
  { size, root, at, note }: CheckpointRow,
  origin: string,
  key: VerifierKey,
): boolean {
  try {
    const decoded = decodeNote(note);
    const stated = decodeCheckpoint(decoded.text);
    return (
      stated.origin === origin &&
      stated.size === size &&
      sameBytes(stated.root, root) &&
      cosignedAt(crypto.sha256, ed25519Verify, decoded, key) === Math.floor(at / 1000) &&
      isSigned(crypto.sha256, ed25519Verify, decoded, key)
    );
  } catch {
    return false;
  }
}

/** @param key whose name is the log's origin; @returns what is wrong with the log's checkpoints */
export function checkpointProblems(
  db: Database,
  tree: MerkleTree,
  log: LogPlace,
  key: VerifierKey,
): string[] {
  const problems: string[] = [];
  const checkpoints = db.prepare("SELECT * FROM checkpoints WHERE log = ? ORDER BY size").all(log.id);
  let newest = 0;
  for (const checkpoint of checkpoints as CheckpointRow[]) {
    const { size, root } = checkpoint;
    newest = size;
    const name = `the checkpoint of ${size} leaves of log ${log.id}`;
    if (!isCheckpoint(checkpoint, log.origin, key)) problems.push(`${name} was altered`);
    else if (!hasRoot(tree, log.id, size, root)) problems.push(`${name} is not of this log`);
  }
  if (newest !== log.size) problems.push(`the newest checkpoint of log ${log.id} is gone`);
  return problems;
}
