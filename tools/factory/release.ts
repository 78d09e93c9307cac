/** Makes a release: built twice, signed with one leaf, and put into a folder that says all of itself. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { BoardSpec } from "../../firmware/board/spec";
import { syncDirectory, syncFile } from "../../gateway/backup/files";
import { nodeCrypto } from "../../gateway/crypto";
import { lockDirectory } from "../../gateway/store/lock";
import { concat, toHex } from "../../protocol/bytes";
import { chunkHashes, encodeRelease, joinRelease, signedRelease } from "../../protocol/release";
import { encodeReleaseFile, MAX_NOTES_BYTES, signedReleaseFile } from "../../protocol/releasefile";
import { makeSbom } from "../bill";
import { buildFirmware, type FirmwareBuild } from "../firmware/build";
import { type Revision, revisionOf } from "../firmware/manifest";
import { FactoryFailure } from "./failure";
import { leavesSpent, type MakerKey, openMaker, releasePublicKey, signRelease } from "./keys";
import {
  folderOf,
  highestLeaf,
  noteRelease,
  type ReleaseEntry,
  readReleases,
  releasesIn,
} from "./releaselist";
import { type ReleaseManifest, VERSION } from "./releasemanifest";
import { reproduceText } from "./reproduce";
import { runtimeParts } from "./runtimeparts";
import { changesIn, isOf, knowsCommit, sourceTree, subjectsSince, withCommitted } from "./sourcetree";
import type { Station } from "./station";
import { SUMS, SUMS_SIGNATURE, sumsOf } from "./sums";

export interface ReleaseRequest {
  /** The station's folder. */
  dir: string;
  keys: string;
  /** Of the maker's keys. */
  passphrase: string;
  releasePassphrase: string;
  /** The source tree. */
  root: string;
  /** See builtFrom. */
  built?: Revision;
  board: BoardSpec;
  version: string;
  /** Left out: what git's log says since the last release. */
  notes?: string;
  dev?: boolean;
  /** Of the station's units. */
  deviceClass: Station["deviceClass"];
  skipLeaves?: boolean;
  /** Unix seconds. */
  now: number;
}

export interface Released {
  folder: string;
  entry: ReleaseEntry;
  manifest: ReleaseManifest;
}

const REST = "- and more\n";
/** Hubs show notes before an owner takes the update. */
const DEV_NOTE =
  "FOR DEVELOPERS: built of files that no commit may hold, with an open console. Not for patients.\n\n";

export const latin1 = (code: string) => new Uint8Array(Buffer.from(code, "latin1"));
const json = (value: unknown) => new Uint8Array(Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));

function checkRequest({ version, root, built, dev, deviceClass }: ReleaseRequest): Revision {
  if (!VERSION.test(version))
    throw new FactoryFailure(
      "FACTORY_RELEASE_VERSION",
      `a version has 1 to 24 letters, digits, dots, plus and minus signs, not '${version}'. Name another with --version`,
    );
  if (dev && deviceClass === "locked")
    throw new FactoryFailure(
      "FACTORY_RELEASE_DEV",
      "units of this station are locked, and those that are out there would take a developers' release as an update: make it at a station of class dev that has keys of its own",
    );
  const revision = revisionOf(root);
  if (revision.dirty && !dev)
    throw new FactoryFailure(
      "FACTORY_RELEASE_DIRTY",
      revision.commit === null
        ? `${root} is no git clone, so that nobody could build this release again. Make it from one, or say --dev`
        : `${root} has changes that no commit holds (${changesIn(root)}), so that nobody could build this release again. Commit them, move away what is none of it, or say --dev`,
    );
  if (!dev && !isOf(revision.commit, built))
    throw new FactoryFailure(
      "FACTORY_RELEASE_STALE",
      `the program that runs was built from ${built?.dirty ? "files that no commit holds" : built?.commit}, and the release is of ${revision.commit}: its board files and tools would be others. Run npm run build in ${root}, then this again`,
    );
  return revision;
}

/** The same twice: of what lies here, and of what the commit holds, in another folder. @throws FACTORY_RELEASE_DIFFERS */
function buildTwice(
  request: Parameters<typeof buildFirmware>[0],
  root: string,
  commit: string | null,
): FirmwareBuild {
  const build = buildFirmware({ ...request, root });
  const again =
    commit === null
      ? buildFirmware({ ...request, root })
      : withCommitted(root, commit, (folder) => buildFirmware({ ...request, root: folder }));
  if (!sameCode(build, again))
    throw new FactoryFailure(
      "FACTORY_RELEASE_DIFFERS",
      `what ${commit ?? root} gives is not what was built here: something that no commit holds went into it. Build in a fresh clone`,
    );
  return build;
}

export function sameCode(one: FirmwareBuild, other: FirmwareBuild): boolean {
  return one.application.code === other.application.code && one.bootCode.code === other.bootCode.code;
}

/** As many lines of git's log as notes have room for. */
function shortened(notes: string): string {
  const bytes = Buffer.from(notes);
  if (bytes.length <= MAX_NOTES_BYTES) return notes;
  const room = bytes.subarray(0, MAX_NOTES_BYTES - REST.length);
  return room.subarray(0, room.lastIndexOf("\n") + 1).toString() + REST;
}

function notesSince(root: string, last: ReleaseEntry | undefined): string {
  if (!last) return "The first release.\n";
  if (last.commit === null || !knowsCommit(root, last.commit))
    return `Since ${last.version}: its commit is not known here.\n`;
  const subjects = subjectsSince(root, last.commit);
  const list = subjects.length === 0 ? ["no change"] : subjects;
  return `Since ${last.version}:\n\n${list.map((subject) => `- ${subject}`).join("\n")}\n`;
}

/** Of the program that builds, and of what runs on the handheld beside the firmware. */
function sbomOf({ board, manifest }: FirmwareBuild): unknown {
  const sbom = makeSbom(sourceTree()!);
  const parts = runtimeParts(board);
  const firmware = {
    type: "firmware",
    "bom-ref": `avnode-firmware-${board.name}@${manifest.version}`,
    name: `avnode-firmware-${board.name}`,
    version: manifest.version,
    description: "holds nothing but this repository's own protocol/ and firmware/",
    hashes: manifest.files.map(({ sha256 }) => ({ alg: "SHA-256", content: sha256 })),
  };
  return {
    ...sbom,
    components: [firmware, ...parts, ...sbom.components],
    dependencies: [
      { ref: firmware["bom-ref"], dependsOn: parts.map((part) => part["bom-ref"]) },
      ...parts.map((part) => ({ ref: part["bom-ref"], dependsOn: [] })),
      ...sbom.dependencies,
    ],
  };
}

/** @throws FACTORY_RELEASE_*, FACTORY_KEYS_*, FACTORY_PASSPHRASE, FirmwareFailure, SBOM */
export function makeRelease(request: ReleaseRequest): Released {
  const revision = checkRequest(request);
  mkdirSync(releasesIn(request.dir), { recursive: true });
  const unlock = lockDirectory(releasesIn(request.dir));
  try {
    return make(request, revision);
  } finally {
    unlock();
  }
}

function make(request: ReleaseRequest, { commit }: Revision): Released {
  const { dir, keys, passphrase, releasePassphrase, root, board, version, dev = false, now } = request;
  const maker = openMaker(keys, passphrase);
  const releaseKey = releasePublicKey(keys);
  const releases = readReleases(dir);
  // Another station of this maker may have made some: none has a lower counter than the leaves that were spent.
  const counter = 1 + Math.max(leavesSpent(keys), ...releases.map((entry) => entry.counter));
  const build = buildTwice({ board, dev, releaseKey, counter, version }, root, commit);
  const image = latin1(build.application.code);
  const release = encodeRelease({
    board: board.name,
    counter,
    version,
    bytes: image.length,
    crc32: build.manifest.files[0]!.crc32,
    head: chunkHashes(nodeCrypto.sha256, image)[0]!,
  });
  const finished = releases.filter(({ sums }) => sums !== undefined);
  const warning = dev ? DEV_NOTE : "";
  const since = () => shortened(warning + notesSince(root, finished.at(-1)));
  const notes = utf8(request.notes === undefined ? since() : warning + request.notes);
  if (notes.length > MAX_NOTES_BYTES)
    throw new FactoryFailure(
      "FACTORY_RELEASE_NOTES",
      `release notes have at most ${MAX_NOTES_BYTES} bytes, these ${notes.length}: shorten them`,
    );
  const sbom = json(sbomOf(build));
  const entry: ReleaseEntry = {
    ...{ counter, version, board: board.name, dev, commit, issued: now },
    ...{ key: toHex(releaseKey), leaf: -1 },
  };
  // All that may fail has been done: from here on a leaf is spent.
  const signature = signRelease(keys, releasePassphrase, signedRelease(release), {
    known: highestLeaf(releases, entry.key),
    skip: request.skipLeaves,
    note: (leaf) => noteRelease(dir, Object.assign(entry, { leaf })),
  });
  const manifest: ReleaseManifest = {
    ...build.manifest,
    version,
    release: {
      ...{ counter, issued: now, leaf: entry.leaf, maker: toHex(maker.publicKey) },
      key: Buffer.from(releaseKey).toString("base64"),
      file: `avnode-${board.name}-${version}.avnode-release`,
    },
  };
  const file = {
    maker: maker.publicKey,
    release: joinRelease(release, signature),
    image,
    notes,
    issued: now,
  };
  const folder = folderOf(dir, entry);
  const sums = writeFolder(folder, maker, {
    [build.manifest.files[0]!.file]: image,
    [build.manifest.files[1]!.file]: latin1(build.bootCode.code),
    "manifest.json": json(manifest),
    [manifest.release.file]: encodeReleaseFile({ ...file, signature: maker.sign(signedReleaseFile(file)) }),
    "sbom.json": sbom,
    "NOTES.md": concat([utf8(`# ${version} for ${board.name}\n\n`), notes]),
    "REPRODUCE.md": utf8(reproduceText(manifest)),
  });
  noteRelease(dir, Object.assign(entry, { sums: createHash("sha256").update(sums).digest("hex") }));
  return { folder, entry, manifest };
}

/** Whole under its name, or not there. @returns the sums */
function writeFolder(folder: string, maker: MakerKey, files: Record<string, Uint8Array>): Uint8Array {
  const sums = sumsOf(files);
  const all = { ...files, [SUMS]: sums, [SUMS_SIGNATURE]: maker.sign(sums) };
  const part = join(folder, "..", `.${basename(folder)}-${randomBytes(4).toString("hex")}.part`);
  try {
    mkdirSync(part);
    for (const [name, bytes] of Object.entries(all)) {
      writeFileSync(join(part, name), bytes, { flag: "wx" });
      syncFile(join(part, name));
    }
    syncDirectory(part);
    renameSync(part, folder);
    syncDirectory(join(folder, ".."));
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_RELEASE_WRITE",
      `cannot write ${folder}: ${(cause as Error).message}. Its counter and leaf are spent: see that there is room, and make the release again`,
      { cause },
    );
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return sums;
}
