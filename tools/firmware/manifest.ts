/** What a build is: written beside what is flashed, read by the factory. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { BoardSpec } from "../../firmware/board/spec";
import type { Demands } from "./inspect";

/** A file that is flashed. */
export interface FlashedFile {
  /** In the build's folder. */
  file: string;
  /** In Espruino's Storage. */
  storage: string;
  bytes: number;
  sha256: string;
  /** IEEE 802.3, as `E.CRC32` has it. */
  crc32: number;
}

export interface Revision {
  /** Forty hexadecimal digits; nothing outside a git work tree. */
  commit: string | null;
  /** The work tree held changes that no commit has. */
  dirty: boolean;
}

export interface Manifest extends Revision {
  name: "avnode";
  version: string;
  board: string;
  /** `process.env.BOARD` and the lowest `process.version` of the Espruino that runs it. */
  runtime: string;
  runtimeVersion: string;
  /** The boot code takes the console away; false in a build for developers. */
  locked: boolean;
  /** In the order in which they are flashed: the boot code last. */
  files: FlashedFile[];
  /** Names and modules of the runtime that the files use. */
  builtins: string[];
  modules: string[];
}

export function describeFile(file: string, storage: string, code: string): FlashedFile {
  return {
    file,
    storage,
    bytes: code.length,
    sha256: createHash("sha256").update(code, "latin1").digest("hex"),
    crc32: crc32(Buffer.from(code, "latin1")),
  };
}

/** @param root folder whose revision is asked for */
export function revisionOf(root: string): Revision {
  const git = (...args: string[]) => spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
  const head = git("rev-parse", "HEAD");
  if (head.status !== 0) return { commit: null, dirty: true };
  return { commit: head.stdout.trim(), dirty: git("status", "--porcelain").stdout !== "" };
}

export function manifestOf(
  spec: BoardSpec,
  version: string,
  revision: Revision,
  locked: boolean,
  files: FlashedFile[],
  demands: Demands[],
): Manifest {
  const union = (lists: string[][]) => [...new Set(lists.flat())].sort();
  return {
    name: "avnode",
    version,
    ...revision,
    board: spec.name,
    runtime: spec.runtime,
    runtimeVersion: spec.runtimeVersion,
    locked,
    files,
    builtins: union(demands.map(({ builtins }) => builtins)),
    modules: union(demands.map(({ modules }) => modules)),
  };
}
