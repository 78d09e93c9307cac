/**
 * The LMS key of a maker's releases: one tree of height 10, so 1,024 releases. A leaf is burned on disk before it signs,
 * as a file that can be made once only: two runs at the same time, or a crash anywhere, never sign twice with one.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, syncDirectory } from "../../gateway/backup/files";
import { nodeCrypto } from "../../gateway/crypto";
import { codeOf } from "../../gateway/store/errors";
import { sameBytes } from "../../protocol/bytes";
import { assembleLms, decodeLmsPublicKey, LmsType, lmsPath, lmsRoot } from "../../protocol/lms";
import { publicTree, SIGNING_SEED_BYTES, type Signing, signWithLeaf } from "../../protocol/trees";
import { FactoryFailure } from "./failure";
import { damaged, openSealedFile, readKeyFile, readPublic, writeSealed } from "./sealedfile";

export const RELEASE = { file: "release.sealed", type: "avnode/release-key" };
/** Public: the leaves' hashes, base64, from which a signature's path is taken. */
const TABLE = "release.table";
/** One file a leaf, named by its number; what it holds is for people. */
const BURNED = "burned";
export const RELEASE_FILES = [RELEASE.file, TABLE, BURNED];

const HEIGHT = 10;
export const RELEASE_LEAVES = 1 << HEIGHT;
const LMS_TYPE = LmsType.sha256M24H10;

const signingOf = (seed: Uint8Array): Signing => ({ seed, trees: 1, height: HEIGHT });

export function createReleaseKey(folder: string, passphrase: string): void {
  const seed = randomBytes(SIGNING_SEED_BYTES);
  const { publicKey, leaves } = publicTree(nodeCrypto, signingOf(seed), 0);
  mkdirSync(join(folder, BURNED), { mode: 0o700 });
  replaceFile(join(folder, TABLE), `${Buffer.from(leaves).toString("base64")}\n`);
  writeSealed(join(folder, RELEASE.file), RELEASE.type, passphrase, seed, publicKey);
}

/** LMS public key (RFC 8554 §5.3), readable without the passphrase. @throws FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED */
export function releasePublicKey(folder: string): Uint8Array {
  return readPublic(join(folder, RELEASE.file), RELEASE.type);
}

/** How many releases the key has left. @throws FACTORY_KEYS_LEAVES */
export function leavesLeft(folder: string): number {
  return RELEASE_LEAVES - leavesSpent(folder);
}

/** As many as the key has made releases at least, at whatever station. @throws FACTORY_KEYS_LEAVES */
export function leavesSpent(folder: string): number {
  return 1 + highestBurned(folder);
}

/** −1 while none is. @throws FACTORY_KEYS_LEAVES when nobody can tell */
function highestBurned(folder: string): number {
  try {
    const leaves = readdirSync(join(folder, BURNED)).filter((name) => /^\d{4}$/.test(name));
    return Math.max(-1, ...leaves.map(Number));
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_KEYS_LEAVES",
      `cannot tell which leaves of the release key are used: ${(cause as Error).message}. Bring back the newest copy of ${folder}, whole: a leaf that signs twice is a forger's kit`,
      { cause },
    );
  }
}

/** Before a leaf is burned: one that was altered gives signatures that no unit takes. */
function readTable(folder: string, id: Uint8Array, root: Uint8Array): Uint8Array {
  const file = join(folder, TABLE);
  const leaves = Buffer.from(readKeyFile(file), "base64");
  const right = leaves.length === RELEASE_LEAVES * root.length;
  if (!right || !sameBytes(lmsRoot(nodeCrypto.sha256, LMS_TYPE, id, leaves), root)) throw damaged(file);
  return leaves;
}

export interface Burning {
  /** The highest leaf that the station's list of releases names: a key folder that knows less is an old copy. */
  known?: number;
  /** Goes on behind `known` although the key folder is an old copy. */
  skip?: boolean;
  /** Told of the leaf once it is burned and before it signs, so that the list names it too. */
  note?: (leaf: number) => void;
}

/**
 * An LMS signature (RFC 8554 §5.4) over `message`. The leaf is spent even when signing fails.
 * @throws FACTORY_KEYS_OLD, FACTORY_KEYS_SPENT, FACTORY_KEYS_LEAVES, FACTORY_KEYS_MISSING, FACTORY_KEYS_DAMAGED,
 * FACTORY_PASSPHRASE
 */
export function signRelease(
  folder: string,
  passphrase: string,
  message: Uint8Array,
  { known = -1, skip = false, note }: Burning = {},
): Uint8Array {
  const { secret, known: publicKey } = openSealedFile(join(folder, RELEASE.file), RELEASE.type, passphrase);
  const { id, root } = decodeLmsPublicKey(publicKey);
  const leaves = readTable(folder, id, root);
  const highest = highestBurned(folder);
  if (highest < known && !skip)
    throw new FactoryFailure(
      "FACTORY_KEYS_OLD",
      `${folder} is an old copy: leaf ${known} of the release key has signed, and it knows of ${highest < 0 ? "none" : `${highest} at most`}. Bring back the newest copy; if there is none, --skip-leaves goes on behind the last release that this station knows of`,
    );
  const leaf = Math.max(highest, known) + 1;
  burn(folder, leaf, message);
  note?.(leaf);
  const { ots } = signWithLeaf(nodeCrypto, signingOf(secret), leaf, message);
  return assembleLms(leaf, ots, LMS_TYPE, lmsPath(nodeCrypto.sha256, LMS_TYPE, id, leaves, leaf));
}

/** On disk, and seen there, when this returns. */
function burn(folder: string, leaf: number, message: Uint8Array): void {
  if (leaf >= RELEASE_LEAVES)
    throw new FactoryFailure(
      "FACTORY_KEYS_SPENT",
      `the release key's ${RELEASE_LEAVES} leaves are used up: units that hold it take no further release. Make new keys for new units`,
    );
  const file = join(folder, BURNED, String(leaf).padStart(4, "0"));
  const text = Buffer.from(`${Buffer.from(nodeCrypto.sha256(message)).toString("hex")}\n`);
  try {
    const handle = openSync(file, "wx", 0o600);
    try {
      for (let at = 0; at < text.length; ) at += writeSync(handle, text, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    syncDirectory(join(folder, BURNED));
  } catch (cause) {
    const why = codeOf(cause) === "EEXIST" ? "another run has just burned it" : (cause as Error).message;
    throw new FactoryFailure(
      "FACTORY_KEYS_LEAVES",
      `cannot burn leaf ${leaf} of the release key in ${folder}: ${why}. Nothing was signed; see that the folder can be written and run it again`,
      { cause },
    );
  }
  if (!readFileSync(file).equals(text))
    throw new FactoryFailure(
      "FACTORY_KEYS_LEAVES",
      `${file} does not hold what was written into it: nothing was signed. Copy ${folder} to a sound medium and go on there`,
    );
}
