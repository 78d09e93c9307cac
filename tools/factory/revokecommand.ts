/** `avnode factory revoke`, `avnode factory give-up` and `avnode factory maker`. */
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { askSecret } from "../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../gateway/cli/terminal";
import { counted } from "../../gateway/cli/text";
import { MAKER_PASSPHRASE } from "./passphrases";

interface RevokeOptions {
  givenUp?: boolean;
  reason: string;
  since?: string;
  keys?: string;
  json?: boolean;
}

interface GiveUpOptions {
  reason: string;
  keys?: string;
  json?: boolean;
}

export function addRevoke(factory: Command, terminal: Terminal): void {
  factory
    .command("revoke <station> [unit...]")
    .description("write a signed list of all units whose keys are no longer to be believed")
    .option("--given-up", "also the identities that were given up at the station: no unit has them, by right")
    .requiredOption("--reason <text>", "shown wherever the unit's recordings are")
    .option("--since <moment>", "from when on the keys count as lost (default: now)")
    .option("--keys <dir>", "folder of the maker's keys (default: keys, in the station's folder)")
    .option("--json", "print JSON")
    .action((station: string, units: string[], options: RevokeOptions) =>
      revokeUnits(station, units, options, terminal),
    );
  factory
    .command("give-up <station> <serial>")
    .description("take its identity from a unit, passed or not: its chip comes again as a new one")
    .requiredOption("--reason <text>", "as the station's log says it")
    .option("--keys <dir>", "folder of the maker's keys (default: keys, in the station's folder)")
    .option("--json", "print JSON")
    .action((station: string, serial: string, options: GiveUpOptions) =>
      giveUpUnit(station, serial, options, terminal),
    );
  factory
    .command("maker <station>")
    .description("print the maker's trust line and fingerprints, for the papers that go with units")
    .option("--keys <dir>", "folder of the maker's keys (default: keys, in the station's folder)")
    .option("--json", "print JSON")
    .action((station: string, options: { keys?: string; json?: boolean }) =>
      maker(station, options, terminal),
    );
}

async function revokeUnits(
  station: string,
  units: string[],
  options: RevokeOptions,
  terminal: Terminal,
): Promise<void> {
  const { devicesNamed, givenUp, revoke } = require("./revoke") as typeof import("./revoke");
  const { openStationMaker } = require("./maker") as typeof import("./maker");
  const dir = resolve(station);
  const now = Math.floor(Date.now() / 1000);
  const since = options.since === undefined ? now : secondsOf(options.since);
  const keys = options.keys ?? join(dir, "keys");
  const devices = [...devicesNamed(dir, units), ...(options.givenUp ? givenUp(dir, keys) : [])];
  if (devices.length === 0)
    throw new CliError(
      options.givenUp ? Exit.failed : Exit.usage,
      options.givenUp
        ? `${dir} gave up no identity that is not revoked: nothing to do`
        : "which units? Name their serial numbers, or say --given-up",
    );
  const key = openStationMaker(dir, keys, await askSecret(terminal, MAKER_PASSPHRASE));
  const { file, list } = revoke(dir, keys, key, { devices, reason: options.reason, since, now });
  if (options.json) terminal.json({ file, number: list.number, units: list.entries.length });
  else terminal.print(file);
  terminal.say(
    `list ${list.number} names ${counted(list.entries.length, "unit")}. Give it to every hub: 'avnode revocations import ${file}'; it needs no network`,
  );
}

async function giveUpUnit(
  station: string,
  serial: string,
  options: GiveUpOptions,
  terminal: Terminal,
): Promise<void> {
  const { giveUp } = require("./giveup") as typeof import("./giveup");
  const { openStationMaker } = require("./maker") as typeof import("./maker");
  const { readStation } = require("./station") as typeof import("./station");
  const { lockDirectory } = require("../../gateway/store/lock") as typeof import("../../gateway/store/lock");
  const dir = resolve(station);
  const reason = options.reason.trim();
  if (reason === "") throw new CliError(Exit.usage, "why? Say it with --reason");
  // Else a folder that is none could not be locked, and nobody would learn why.
  readStation(dir);
  const unlock = lockDirectory(dir);
  try {
    const keys = options.keys ?? join(dir, "keys");
    const maker = openStationMaker(dir, keys, await askSecret(terminal, MAKER_PASSPHRASE));
    const { chip, device } = giveUp(dir, { keys, maker, serial, reason, now: Date.now() });
    if (options.json) terminal.json({ serial, chip, device });
    else terminal.print(`${serial} is given up: chip ${chip} comes again as new`);
  } finally {
    unlock();
  }
  terminal.say(
    `its certificate is valid until the hubs have a list that names it: 'avnode factory revoke ${station} --given-up --reason …'. Take its label off`,
  );
}

/** @throws CliError */
function secondsOf(moment: string): number {
  const ms = Date.parse(moment);
  if (Number.isNaN(ms) || ms < 0)
    throw new CliError(Exit.usage, `--since ${moment}: give a date, as 2026-03-01 or 2026-03-01T12:00:00Z`);
  return Math.floor(ms / 1000);
}

function maker(station: string, options: { keys?: string; json?: boolean }, terminal: Terminal): void {
  const { makerPapers } = require("./maker") as typeof import("./maker");
  const dir = resolve(station);
  const papers = makerPapers(dir, options.keys ?? join(dir, "keys"));
  if (options.json) {
    terminal.json(papers);
    return;
  }
  terminal.print(papers.trustLine);
  terminal.print(`# maker key ${papers.makerKey}, fingerprint ${papers.fingerprint}`);
  if (papers.releaseKey !== undefined)
    terminal.print(`# release key ${papers.releaseKey}, fingerprint ${papers.releaseFingerprint}`);
  terminal.say(
    "print these lines on the papers that go with units: hubs take the first by 'avnode makers add', and verifiers",
  );
}
