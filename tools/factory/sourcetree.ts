/** The source tree that firmware is built from, and what git knows of it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import type { Revision } from "../firmware/manifest";
import { FactoryFailure } from "./failure";

/** All that a build of the firmware reads. */
const BUILT = ["firmware", "protocol", "package.json"];
const MAX_OUTPUT = 1 << 26;
/** Of a changed file's line: two letters and a space. */
const STATE = 3;
const NAMED = 3;

/** Of the program that runs: dist/ and tools/factory/ lie in it. */
export function sourceTree(): string | undefined {
  return [join(__dirname, ".."), join(__dirname, "../..")].find((root) =>
    [join(root, "firmware/espruino/main.ts"), join(root, "tools/firmware/build.ts")].every((file) =>
      existsSync(file),
    ),
  );
}

/** What the running program was built from, as tools/bundle.ts noted it; undefined where it runs from its sources. */
export function builtFrom(folder = __dirname): Revision | undefined {
  if (existsSync(join(folder, "sourcetree.ts"))) return undefined;
  try {
    return JSON.parse(readFileSync(join(folder, "built.json"), "utf8"));
  } catch {
    return { commit: null, dirty: true };
  }
}

/** @param built see builtFrom @returns whether board files and tools that run are the commit's own */
export function isOf(commit: string | null, built: Revision | undefined): boolean {
  return !built || (built.commit === commit && !built.dirty);
}

/** @throws FACTORY_GIT */
function git(root: string, args: string[], more: { env?: NodeJS.ProcessEnv; input?: string } = {}): string {
  const { status, stdout, stderr, error } = spawnSync("git", ["-C", root, ...args], {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
    ...more,
    env: { ...process.env, ...more.env },
  });
  if (status === 0) return stdout;
  const why = error?.message ?? stderr.trim().split("\n")[0];
  throw new FactoryFailure(
    "FACTORY_GIT",
    `git ${args[0]} failed in ${root}: ${why}. A release is made from a clone with its whole history`,
  );
}

/** @returns whether `commit` is in the tree's history */
export function knowsCommit(root: string, commit: string): boolean {
  return spawnSync("git", ["-C", root, "cat-file", "-e", `${commit}^{commit}`]).status === 0;
}

/** What differs from the commit, as git names it: the first few files. */
export function changesIn(root: string): string {
  const names = git(root, ["status", "--porcelain"])
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(STATE))
    .map((name) =>
      existsSync(join(root, name, "station.json")) ? `${name}, a station: move it out of the clone` : name,
    );
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/**
 * Gives `use` a folder with what `commit` has of the firmware and nothing else: neither what git does not track nor what
 * it was told to overlook.
 */
export function withCommitted<T>(root: string, commit: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "avnode-release-"));
  try {
    const env = { GIT_INDEX_FILE: join(folder, ".index") };
    const tree = join(folder, "tree") + sep;
    git(root, ["read-tree", commit], { env });
    const files = git(root, ["ls-files", "-z", "--", ...BUILT], { env });
    git(root, ["checkout-index", "-q", "-z", "--stdin", `--prefix=${tree}`], { env, input: files });
    return use(tree);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Subjects of the commits since `since`, the newest first. */
export function subjectsSince(root: string, since: string): string[] {
  return git(root, ["log", "--no-merges", "--format=%s", `${since}..HEAD`])
    .split("\n")
    .filter((line) => line !== "");
}
