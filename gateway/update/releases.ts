/** Releases that this hub holds, each the file of its maker, checked when it comes and again when it is sent on. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { sameBytes, toHex } from "../../protocol/bytes";
import type { Certificate } from "../../protocol/certificate";
import type { Release } from "../../protocol/release";
import {
  decodeReleaseFile,
  MAX_RELEASE_FILE_BYTES,
  type ReleaseFile,
  releaseOf,
  signedReleaseFile,
} from "../../protocol/releasefile";
import { syncDirectory } from "../backup/files";
import { ed25519Verify, nodeCrypto } from "../crypto";
import { fingerprintOf } from "../store/makers";
import { UpdateError } from "./error";

export interface HeldRelease {
  /** SHA-256 of its file, in hex. */
  id: string;
  maker: Uint8Array;
  /** What its maker says is new. */
  notes: string;
  /** Unix seconds. */
  issued: number;
  release: Release;
}

/** The folder in a data directory. */
export const RELEASES = "releases";
const ENDING = ".avnode-release";
const NAME = /^([0-9a-f]{64})\.avnode-release$/;
/** Of one maker and board: the newest, beside those that an update is in the middle of. */
const MAX_KEPT = 4;

export class Releases {
  private readonly folder: string;
  /** Read once: a file never changes under its name. */
  private readonly known = new Map<string, HeldRelease>();

  constructor(dataDir: string) {
    this.folder = join(dataDir, RELEASES);
  }

  /**
   * Keeps a release. On disk, under its name, when this returns.
   * @param inUse ids of those that updates are in the middle of: they stay, however old
   * @throws UpdateError: UPDATE_FILE for what is no whole release, UPDATE_MAKER for one of a maker who is not believed,
   * UPDATE_OLD for one that is older than all that are kept
   */
  add(bytes: Uint8Array, isPinned: (maker: Uint8Array) => boolean, inUse: string[] = []): HeldRelease {
    const { held } = checked(bytes);
    if (!isPinned(held.maker))
      throw new UpdateError(
        "UPDATE_MAKER",
        `the release is of a maker whom this hub does not know (${fingerprintOf(held.maker)}): take it from the maker of your handheld, or see 'avnode makers'`,
      );
    const alike = this.all().filter((other) => isAlike(other, held) && other.id !== held.id);
    const oldest = alike[MAX_KEPT - 1];
    if (oldest && oldest.release.counter >= held.release.counter && !inUse.includes(held.id))
      throw new UpdateError(
        "UPDATE_OLD",
        `version ${held.release.version} is older than the ${MAX_KEPT} that are kept here of its maker (the oldest is ${oldest.release.version}): take a newer one`,
      );
    mkdirSync(this.folder, { mode: 0o700, recursive: true });
    const path = this.pathOf(held.id);
    // Of its own: another process may take the same file at the same time.
    const part = `${path}.${randomBytes(8).toString("hex")}.part`;
    const file = openSync(part, "wx", 0o600);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    syncDirectory(this.folder);
    this.known.set(held.id, held);
    for (const { id } of alike.slice(MAX_KEPT - 1))
      if (!inUse.includes(id)) rmSync(this.pathOf(id), { force: true });
    return held;
  }

  /** The newest of each maker and board first. What somebody altered there is none. */
  all(): HeldRelease[] {
    const ids = this.ids();
    for (const id of this.known.keys()) if (!ids.includes(id)) this.known.delete(id);
    const held = ids.flatMap((id) => this.known.get(id) ?? this.read(id)?.held ?? []);
    return held.sort((a, b) => b.release.counter - a.release.counter);
  }

  /** Whole, from disk. @returns undefined when it is not there, or not as it came */
  read(id: string): { held: HeldRelease; file: ReleaseFile } | undefined {
    try {
      const path = this.pathOf(id);
      // A pipe would be waited for, and a file beyond any release read whole at every look.
      const found = lstatSync(path);
      if (!found.isFile() || found.size > MAX_RELEASE_FILE_BYTES) return undefined;
      const read = checked(readFileSync(path));
      if (read.held.id !== id) return undefined;
      this.known.set(id, read.held);
      return read;
    } catch {
      return undefined;
    }
  }

  /** The newest that a handheld's maker made for its board, above what it runs. */
  newestFor(
    { maker, board }: Pick<Certificate, "maker" | "board">,
    running: number,
  ): HeldRelease | undefined {
    return this.all().find(
      (held) =>
        sameBytes(held.maker, maker) && held.release.board === board && held.release.counter > running,
    );
  }

  /** By the names of files alone: whether one is whole, `read` tells. */
  ids(): string[] {
    try {
      return readdirSync(this.folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  private pathOf(id: string): string {
    return join(this.folder, id + ENDING);
  }
}

function isAlike(a: HeldRelease, b: HeldRelease): boolean {
  return sameBytes(a.maker, b.maker) && a.release.board === b.release.board;
}

/** @throws UpdateError UPDATE_FILE */
function checked(bytes: Uint8Array): { held: HeldRelease; file: ReleaseFile } {
  try {
    const file = decodeReleaseFile(bytes);
    const release = releaseOf(nodeCrypto.sha256, crc32, file);
    if (!ed25519Verify(file.maker, signedReleaseFile(file), file.signature))
      throw new UpdateError("RELEASE_FILE_SIGNATURE", "its maker did not sign it as it stands here");
    const { maker, issued } = file;
    const notes = Buffer.from(file.notes).toString();
    return { file, held: { id: toHex(nodeCrypto.sha256(bytes)), maker, notes, issued, release } };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === undefined) throw error;
    throw new UpdateError(
      "UPDATE_FILE",
      `the file is no release, or not a whole one (${code}: ${message}): fetch it from its maker again`,
    );
  }
}
