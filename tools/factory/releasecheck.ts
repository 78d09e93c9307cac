/** Judges a release's folder, one's own or another's, with nothing but the folder, and the source tree where there is one. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { fromHex, sameBytes } from "../../protocol/bytes";
import { chunkHashes, openRelease } from "../../protocol/release";
import { decodeReleaseFile, signedReleaseFile } from "../../protocol/releasefile";
import type { Revision } from "../firmware/manifest";
import { FactoryFailure } from "./failure";
import { latin1 } from "./release";
import { MAX_MANIFEST_BYTES, type ReleaseManifest, releaseManifestSchema } from "./releasemanifest";
import { isOf, knowsCommit, withCommitted } from "./sourcetree";
import { SUMS, SUMS_SIGNATURE } from "./sums";

export interface Check {
  /** What was looked at. */
  name: string;
  /** Undefined where it could not be told here. */
  passed: boolean | undefined;
  text: string;
}

export interface ReleaseVerdict {
  passed: boolean;
  /** Ed25519 public key, hexadecimal; whoever reads this compares it with the maker's papers. */
  maker: string;
  manifest: ReleaseManifest;
  checks: Check[];
}

const MAX_FILE_BYTES = 1 << 26;
/** A release has seven files. */
const MAX_FILES = 32;
const MAX_SUMS = 8192;
const SUM_LINE = /^([0-9a-f]{64}) {2}([0-9A-Za-z][0-9A-Za-z.+_-]*)$/;

/** @param built see builtFrom @throws FACTORY_RELEASE_FOLDER where the folder is none of a release at all */
export function checkRelease(folder: string, root: string | undefined, built?: Revision): ReleaseVerdict {
  const read = (name: string): Buffer => {
    const path = join(folder, name);
    // A path through a file is none either, and lstat throws of it.
    const stat = existsSync(path) ? lstatSync(path) : undefined;
    if (!stat?.isFile() || stat.size > MAX_FILE_BYTES)
      throw new FactoryFailure(
        "FACTORY_RELEASE_FOLDER",
        `${path} is not there, or no file of a release. Name a folder that 'avnode factory release' made`,
      );
    return readFileSync(path);
  };
  const manifest = manifestFrom(read("manifest.json"), folder);
  const { release, files } = manifest;
  const maker = fromHex(release.maker);
  const checks = sumChecks(folder, read);
  const check = (name: string, text: string, work: () => boolean | undefined) => {
    checks.push({ name, text, ...judged(work) });
  };
  check("maker", `${SUMS} is signed by the maker ${release.maker.slice(0, 16)}`, () =>
    ed25519Verify(maker, read(SUMS), read(SUMS_SIGNATURE)),
  );
  const file = () => decodeReleaseFile(read(release.file));
  check("release file", `${release.file} is signed by the same maker`, () => {
    const found = file();
    return sameBytes(found.maker, maker) && ed25519Verify(maker, signedReleaseFile(found), found.signature);
  });
  check(
    "release",
    `counter ${release.counter}, version ${manifest.version}, signed with leaf ${release.leaf} of the release key`,
    () => {
      const opened = openRelease(nodeCrypto.sha256, Buffer.from(release.key, "base64"), file().release);
      return (
        opened.counter === release.counter &&
        opened.version === manifest.version &&
        opened.board === manifest.board
      );
    },
  );
  check("image", `${files[0]!.file} is the image that was signed`, () => {
    const image = new Uint8Array(read(files[0]!.file));
    const found = file();
    const opened = openRelease(nodeCrypto.sha256, Buffer.from(release.key, "base64"), found.release);
    return (
      sameBytes(image, found.image) &&
      opened.bytes === image.length &&
      opened.crc32 === crc32(image) &&
      sameBytes(opened.head, chunkHashes(nodeCrypto.sha256, image)[0]!)
    );
  });
  checks.push(rebuilt(manifest, read, root, built));
  return { passed: checks.every(({ passed }) => passed !== false), maker: release.maker, manifest, checks };
}

function judged(work: () => boolean | undefined): Pick<Check, "passed"> & { text?: string } {
  try {
    return { passed: work() };
  } catch (error) {
    return { passed: false, text: (error as Error).message };
  }
}

function manifestFrom(bytes: Buffer, folder: string): ReleaseManifest {
  try {
    if (bytes.length > MAX_MANIFEST_BYTES) throw new Error(`it has more than ${MAX_MANIFEST_BYTES} bytes`);
    const { data, error } = releaseManifestSchema.safeParse(JSON.parse(bytes.toString()));
    // The field's name alone: what zod says of it quotes the stranger's words, at any length.
    if (error) throw new Error(`${error.issues[0]!.path.join(".") || "it"} is not as makers write it`);
    return data;
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_RELEASE_FOLDER",
      `${join(folder, "manifest.json")} is no release's manifest: ${(cause as Error).message}. Get the folder anew`,
      { cause },
    );
  }
}

/** One line for each file: of those that SHA256SUMS names, and of those that it does not. */
function sumChecks(folder: string, read: (name: string) => Buffer): Check[] {
  const text = read(SUMS).toString();
  const lines = text.length > MAX_SUMS ? [] : text.trimEnd().split("\n");
  if (lines.length === 0 || lines.length > MAX_FILES)
    return [{ name: SUMS, passed: false, text: `it is larger than that of a release: ${text.length} bytes` }];
  const sums = new Map<string, string>();
  const checks: Check[] = [];
  for (const line of lines) {
    const [, sum, name] = SUM_LINE.exec(line) ?? [];
    if (name === undefined || sums.has(name))
      checks.push({ name: SUMS, passed: false, text: "a line of it is none of sha256sum's" });
    else sums.set(name, sum!);
  }
  for (const [name, sum] of sums) {
    const there = existsSync(join(folder, name));
    const passed = there && createHash("sha256").update(read(name)).digest("hex") === sum;
    const text = passed
      ? "its SHA-256 is right"
      : there
        ? "it was altered: its SHA-256 differs"
        : "it is missing";
    checks.push({ name, passed, text });
  }
  for (const name of readdirSync(folder).sort())
    if (!sums.has(name) && name !== SUMS && name !== SUMS_SIGNATURE)
      checks.push({ name, passed: false, text: `it is none of the release: ${SUMS} does not name it` });
  return checks;
}

/** Builds it from the commit that it names. */
function rebuilt(
  manifest: ReleaseManifest,
  read: (name: string) => Buffer,
  root: string | undefined,
  built: Revision | undefined,
): Check {
  const name = "reproduced";
  const untold = (text: string): Check => ({ name, passed: undefined, text });
  const { commit, dirty, release, files } = manifest;
  if (commit === null || dirty) return untold("not from any commit: a release for developers (--dev)");
  if (!root) return untold("there is no source tree here: run this from a clone to build it again");
  if (!knowsCommit(root, commit))
    return untold(`${root} has no commit ${commit}: fetch it to build it again`);
  if (!isOf(commit, built))
    return untold(
      `the program that runs was not built from commit ${commit}, and its board files and tools may be others: check it out in ${root}, run npm ci and npm run build, and check again`,
    );
  const { boardNamed } = require("../firmware/boards") as typeof import("../firmware/boards");
  const { buildFirmware } = require("../firmware/build") as typeof import("../firmware/build");
  const { revisionOf } = require("../firmware/manifest") as typeof import("../firmware/manifest");
  try {
    const build = withCommitted(root, commit, (folder) =>
      buildFirmware({
        board: boardNamed(manifest.board),
        dev: !manifest.locked,
        root: folder,
        version: manifest.version,
        counter: release.counter,
        releaseKey: new Uint8Array(Buffer.from(release.key, "base64")),
      }),
    );
    const codes = [build.application.code, build.bootCode.code];
    const differing = files.filter(({ file }, i) => !sameBytes(read(file), latin1(codes[i]!)));
    if (differing.length === 0) return { name, passed: true, text: `commit ${commit} gives the same bytes` };
    const which = differing.map(({ file }) => file).join(" and ");
    if (revisionOf(root).commit === commit)
      return { name, passed: false, text: `commit ${commit} gives another ${which}` };
    return untold(
      `commit ${commit}, built by other tools than its own, gives another ${which}: check it out in ${root}, run npm ci, and check again`,
    );
  } catch (error) {
    return untold(`commit ${commit} cannot be built here: ${(error as Error).message}`);
  }
}
