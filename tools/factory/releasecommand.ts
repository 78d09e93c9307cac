/** `avnode factory release` and `avnode factory check-release`. */
import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { askSecrets } from "../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../gateway/cli/terminal";
import { printable } from "../../gateway/cli/text";
import { MAKER_PASSPHRASE, RELEASE_PASSPHRASE } from "./passphrases";

interface ReleaseOptions {
  version?: string;
  notes?: string;
  board?: string;
  keys?: string;
  dev?: boolean;
  skipLeaves?: boolean;
  json?: boolean;
}

export function addRelease(factory: Command, terminal: Terminal): void {
  factory
    .command("release <station>")
    .description("build the firmware twice, sign it, and put all that belongs to it into a folder")
    .option("--version <text>", "as people call it (default: the source tree's)")
    .option("--notes <file>", "release notes (default: what git's log says since the last release)")
    .option("--board <name>", "board to build for (default: the station's)")
    .option("--keys <dir>", "folder of the maker's keys (default: keys, in the station's folder)")
    .option("--dev", "for developers: takes changes that no commit holds, and leaves the console open")
    .option("--skip-leaves", "the newest copy of the keys is lost: go on behind the last known leaf")
    .option("--json", "print JSON")
    .action((station: string, options: ReleaseOptions) => release(station, options, terminal));
  factory
    .command("use <station> <release>")
    .description("put a release into a station: what its units are flashed with from now on")
    .action((station: string, folder: string) => use(station, folder, terminal));
  factory
    .command("check-release <folder>")
    .description("verify a release's folder, and in a source tree build it again")
    .option("--json", "print JSON")
    .action((folder: string, options: { json?: boolean }) => check(folder, options, terminal));
}

async function release(station: string, options: ReleaseOptions, terminal: Terminal): Promise<void> {
  const { builtFrom, sourceTree } = require("./sourcetree") as typeof import("./sourcetree");
  const root = sourceTree();
  if (!root)
    throw new CliError(
      Exit.failed,
      "a release is built from the sources, and there are none here: clone avnode's repository, run npm ci and npm run build in it, and run it there",
    );
  const { boardNamed } = require("../firmware/boards") as typeof import("../firmware/boards");
  const { makeRelease } = require("./release") as typeof import("./release");
  const { leavesLeft } = require("./releasekey") as typeof import("./releasekey");
  const { readStation } = require("./station") as typeof import("./station");
  const { board: usual, deviceClass } = readStation(station);
  const dir = realpathSync(station);
  const keys = options.keys === undefined ? join(dir, "keys") : resolve(options.keys);
  const board = boardNamed(options.board ?? usual);
  const notes = options.notes === undefined ? undefined : notesIn(options.notes);
  const version = options.version ?? packageVersion(root);
  const [passphrase, releasePassphrase] = await askSecrets(terminal, [MAKER_PASSPHRASE, RELEASE_PASSPHRASE]);
  const passphrases = { passphrase: passphrase!, releasePassphrase: releasePassphrase! };
  const { dev, skipLeaves } = options;
  const now = Math.floor(Date.now() / 1000);
  terminal.say(`building ${version} for ${board.name} twice`);
  const build = { root, built: builtFrom(), deviceClass, board, version, notes, dev };
  const made = makeRelease({ dir, keys, ...passphrases, ...build, skipLeaves, now });
  const { folder, entry } = made;
  if (options.json) return terminal.json({ folder, ...entry });
  terminal.print(folder);
  terminal.say(
    `release ${entry.counter}, ${entry.version} for ${entry.board}, signed with leaf ${entry.leaf}; the key has ${leavesLeft(keys)} more. Copy ${keys} to where its copies are`,
  );
  terminal.say(
    entry.dev
      ? "it is for developers: units that get it at the factory keep an open console. Never ship them"
      : `anybody gets the same bytes as ${join(folder, "REPRODUCE.md")} says`,
  );
}

function packageVersion(root: string): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}

function use(station: string, folder: string, terminal: Terminal): void {
  const { useRelease } = require("./use") as typeof import("./use");
  const { lockDirectory } = require("../../gateway/store/lock") as typeof import("../../gateway/store/lock");
  const { readStation } = require("./station") as typeof import("./station");
  // Else a folder that is none could not be locked, and nobody would learn why.
  readStation(station);
  const unlock = lockDirectory(station);
  try {
    const { board, version, release } = useRelease(station, folder);
    terminal.print(`${station} flashes ${version} for ${board}, release ${release.counter}, from now on`);
  } finally {
    unlock();
  }
}

/** @throws CliError */
function notesIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the release notes: ${(error as Error).message}; name a text file, or leave --notes out for what git's log says`,
    );
  }
}

function check(folder: string, { json }: { json?: boolean }, terminal: Terminal): void {
  const { checkRelease } = require("./releasecheck") as typeof import("./releasecheck");
  const { fingerprintOf } =
    require("../../gateway/store/makers") as typeof import("../../gateway/store/makers");
  const { builtFrom, sourceTree } = require("./sourcetree") as typeof import("./sourcetree");
  const { passed, maker, manifest, checks } = checkRelease(resolve(folder), sourceTree(), builtFrom());
  if (json) terminal.json({ folder, passed, maker, checks });
  else {
    const word = (state: boolean | undefined) => (state === undefined ? "unknown" : state ? "ok" : "WRONG");
    for (const one of checks)
      terminal.print(printable(`${word(one.passed).padEnd(8)}${one.name}: ${one.text}`));
  }
  terminal.say(
    `maker ${maker}, fingerprint ${fingerprintOf(Buffer.from(maker, "hex"))}: compare it with the maker's papers`,
  );
  if (!passed) {
    const wrong = checks.filter((one) => one.passed === false).map(({ name }) => name);
    throw new CliError(Exit.no, `do not use this release of ${manifest.version}: ${wrong.join(", ")}`);
  }
}
