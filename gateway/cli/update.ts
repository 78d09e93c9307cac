import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { MAX_RELEASE_FILE_BYTES } from "../../protocol/releasefile";
import type { Update } from "../store/updates";
import type { DeviceUpdate, Wishes } from "../update/wishes";
import { askHub } from "./connection";
import { type DataOption, dataDirOf, whileReading } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { printable, shortened, table } from "./text";

interface UpdateOption extends DataOption {
  json?: boolean;
  whenReady?: boolean;
}

const NAME_COLUMNS = 16;
const HEAD = ["NAME", "HANDHELD", "FIRMWARE", "NEWEST", "UPDATE"];

/** `avnode update`: works whether a hub runs or not; the running hub is what talks to handhelds. */
export function addUpdate(program: Command, terminal: Terminal): void {
  const update = program
    .command("update")
    .description("list handhelds with what they run, what is newer here, and how their update gets on")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: UpdateOption) =>
      withWishes(options, terminal, (wishes) => list(wishes, options.json === true, terminal)),
    );
  // --data is the list's own option, wherever it stands.
  update
    .command("add <file>")
    .description("keep a release of a handheld's maker (.avnode-release), for whose handhelds it is")
    .action((file: string, _options: unknown, command: Command) =>
      withWishes(command.optsWithGlobals(), terminal, (wishes) => {
        const { release, notes } = wishes.add(readRelease(file));
        terminal.print(`version ${release.version} for ${release.board} is here`);
        if (notes !== "") terminal.say(notes.split("\n").map(printable).join("\n").trimEnd());
      }),
    );
  update
    .command("start <id>")
    .description("send the newest release to a handheld, which goes on recording meanwhile")
    .option("--when-ready", "restart it as soon as it can, without asking again")
    .action((id: string, _options: unknown, command: Command) =>
      withWishes(command.optsWithGlobals(), terminal, async (wishes, options) => {
        const device = wishes.deviceOf(id);
        const { version } = wishes.start(device, options.whenReady ? "ready" : "no", Date.now());
        terminal.print(`version ${version} goes to handheld ${device}`);
        await sayHub(options, terminal);
      }),
    );
  update
    .command("swap <id>")
    .description("restart a handheld with the version that it has taken")
    .option(
      "--when-ready",
      "as soon as it can: not while it records, above half battery, all recordings here",
    )
    .action((id: string, _options: unknown, command: Command) =>
      withWishes(command.optsWithGlobals(), terminal, async (wishes, options) => {
        const device = wishes.deviceOf(id);
        const { version } = wishes.swap(device, options.whenReady ? "ready" : "once");
        terminal.print(`handheld ${device} restarts with version ${version} once it can`);
        await sayHub(options, terminal);
      }),
    );
  update
    .command("cancel <id>")
    .description("end an update before the handheld restarts")
    .action((id: string, _options: unknown, command: Command) =>
      withWishes(command.optsWithGlobals(), terminal, async (wishes, options) => {
        const device = wishes.deviceOf(id);
        const update = wishes.cancel(device, Date.now());
        // A handheld that has heard of it has yet to hear this.
        terminal.print(`version ${update.version} for handheld ${device}: ${wordsOf(update)}`);
        if (!update.ended) await sayHub(options, terminal);
      }),
    );
}

/** @throws CliError for what is refused, in one line with what to do */
function withWishes(
  options: UpdateOption,
  terminal: Terminal,
  use: (wishes: Wishes, options: UpdateOption) => void | Promise<void>,
): Promise<void> {
  return whileReading(options, terminal, async (reader) => {
    const { Wishes } = require("../update/wishes") as typeof import("../update/wishes");
    const wishes = new Wishes(dataDirOf(options, terminal), reader);
    try {
      await use(wishes, options);
    } catch (error) {
      const { code = "", message } = error as Error & { code?: string };
      if (!code.startsWith("UPDATE_")) throw error;
      throw new CliError(code === "UPDATE_FILE" ? Exit.failed : Exit.no, message);
    } finally {
      wishes.close();
    }
  });
}

function list(wishes: Wishes, json: boolean, terminal: Terminal) {
  const all = wishes.all();
  if (json) return terminal.json({ devices: all, releases: wishes.releases.all() });
  if (all.length === 0)
    return terminal.say("no handheld claimed yet: run 'avnode claim' with its button held");
  for (const line of table(HEAD, all.map(rowOf))) terminal.print(line);
}

function rowOf({ device, name, firmware, newest, update }: DeviceUpdate): string[] {
  return [
    name === undefined ? "-" : shortened(name, NAME_COLUMNS),
    device.slice(0, 8),
    firmware ?? "-",
    newest?.release.version ?? "-",
    update ? `${update.version} ${wordsOf(update)}` : "-",
  ];
}

function wordsOf(update: Update): string {
  const { updateWords } = require("../update/words") as typeof import("../update/words");
  return updateWords(update);
}

/** @throws CliError */
function readRelease(file: string): Uint8Array {
  try {
    if (statSync(file).size <= MAX_RELEASE_FILE_BYTES) return readFileSync(file);
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the release: ${(error as Error).message}; name the file that came from the maker`,
    );
  }
  throw new CliError(
    Exit.failed,
    `${file} is too large for a release; name the file that came from the maker, it ends in .avnode-release`,
  );
}

async function sayHub(options: DataOption, terminal: Terminal): Promise<void> {
  if (await askHub(dataDirOf(options, terminal), terminal))
    return terminal.say("'avnode update' shows how it gets on");
  terminal.say("no hub answers here: it goes on once 'avnode start' runs");
}
