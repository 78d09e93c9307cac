/** `avnode factory …`: what a maker of handhelds works with. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { askNewSecrets, askSecret } from "../../gateway/cli/asking";
import { CliError, Exit, type Terminal } from "../../gateway/cli/terminal";
import type { Bench } from "./bench";
import { failureTable } from "./codes";
import { addEvidence } from "./evidencecommand";
import { addLabels } from "./label/labelscommand";
import { MAKER_PASSPHRASE, RELEASE_PASSPHRASE } from "./passphrases";
import type { Air } from "./ports/air";
import type { Port } from "./ports/port";
import { addRelease } from "./releasecommand";
import { addRevoke } from "./revokecommand";
import { hasStation, keysTogether, placesOf, recordingsOf, type Station } from "./station";

// From dist/avnode.js and from this file alike.
const ROOT = [join(__dirname, ".."), join(__dirname, "../..")].find((folder) =>
  existsSync(join(folder, "package.json")),
)!;
/** Trees made before a unit asks for them. */
const AHEAD = 4;
/** Every serial port that units are plugged into from then on. */
const SERIAL = "serial";
/** At one a day they last some three years. */
const FEW_RECORDINGS = 1024;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface InitOptions {
  maker: string;
  board: string;
  class: Station["deviceClass"];
  name: string;
  batch: string;
  prefix: string;
  digits: string;
  first: string;
  trees: string;
  height: string;
  ports: string[];
  keys?: string;
  firmware?: string;
  json?: boolean;
}

interface RunOptions {
  ports?: string[];
  adapter?: string;
  virtual: string;
  count?: string;
  keys?: string;
  scan?: boolean;
  ask?: boolean;
  withoutAir?: boolean;
  withoutCheckpoint?: boolean;
  inTheClear?: boolean;
}

export function addFactory(program: Command, terminal: Terminal): void {
  const factory = program
    .command("factory")
    .description("make handhelds: flash, provision, lock, check and label them");
  addInit(factory, terminal);
  addRun(factory, terminal);
  addStatus(factory, terminal);
  addLabels(factory, terminal);
  addRelease(factory, terminal);
  addRevoke(factory, terminal);
  addEvidence(factory, terminal);
}

function whole(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError(Exit.usage, `${option} ${text}: give a whole number`);
}

function addInit(factory: Command, terminal: Terminal): void {
  factory
    .command("init <station>")
    .description("make a station's folder: keys, firmware, journal and log")
    .requiredOption("--maker <name>", "the maker's name, as papers show it")
    .requiredOption("--board <board>", "what the firmware is for")
    .addOption(
      new Option("--class <class>", "what its units are")
        .choices(["locked", "dev", "simulated"])
        .default("locked"),
    )
    .option("--name <name>", "the bench's name in the log", "bench")
    .option("--batch <batch>", "name of the batch", "1")
    .option("--prefix <prefix>", "of serial numbers", "AV-")
    .option("--digits <n>", "of the number behind it", "6")
    .option("--first <n>", "number of the first unit", "1")
    .option("--trees <n>", "signing trees of a unit; fewer for trials", "8")
    .option("--height <n>", "of each tree, 10 or 5; smaller for trials", "10")
    .option("--ports <port...>", "where units are plugged in: /dev/…, serial, tcp://host:port, ble", [])
    .option("--keys <dir>", "keys of the maker; made there if there are none (by default in the station)")
    .option("--firmware <dir>", "a build to flash, instead of building one")
    .option("--json", "print JSON")
    .action(async (dir: string, options: InitOptions) => {
      const { initStation } = require("./init") as typeof import("./init");
      const { hasKeys } = require("./keys") as typeof import("./keys");
      const { checkPassphrase } = require("./sealedfile") as typeof import("./sealedfile");
      const keys = options.keys ?? placesOf(dir).keys;
      // Before anything is asked: with a word that is no port, each run of the station would be refused.
      wiredPorts(options.ports);
      const isAnother = hasStation(keys);
      const [passphrase, releasePassphrase] = hasKeys(keys)
        ? [await askSecret(terminal, MAKER_PASSPHRASE)]
        : await askNewSecrets(terminal, [MAKER_PASSPHRASE, RELEASE_PASSPHRASE], checkPassphrase);
      const station = initStation({
        dir,
        keys,
        passphrase: passphrase!,
        releasePassphrase,
        firmware: options.firmware,
        root: ROOT,
        maker: options.maker,
        name: options.name,
        board: options.board,
        deviceClass: options.class,
        batch: options.batch,
        numbering: {
          prefix: options.prefix,
          digits: whole("--digits", options.digits),
          first: whole("--first", options.first),
        },
        signing: {
          trees: whole("--trees", options.trees),
          height: whole("--height", options.height) as 5 | 10,
        },
        ports: options.ports,
      });
      if (options.json) terminal.json({ station: dir, keys, ...station });
      else terminal.print(`${dir} makes ${station.deviceClass} units for ${station.board}`);
      terminal.say(
        `keys are in ${keys}: copy them to a medium that is kept apart; who holds them makes units in your name`,
      );
      if (isAnother)
        terminal.say(
          `another station made units with these keys: if it has the prefix ${options.prefix}, too, both give the same serial numbers. Make this one anew, with another --prefix, or --first behind the last number on any label`,
        );
      const recordings = recordingsOf(station);
      if (station.deviceClass === "locked" && recordings < FEW_RECORDINGS)
        terminal.say(
          `each of its units signs ${recordings} recordings only: units that somebody is to wear want a station without --trees and --height (8,192)`,
        );
      warnOfKeys(dir, station, keys, terminal);
    });
}

function warnOfKeys(dir: string, station: Station, keys: string, terminal: Terminal): void {
  const together = keysTogether(dir, station, keys);
  if (together) terminal.say(together);
}

function addRun(factory: Command, terminal: Terminal): void {
  factory
    .command("run <station>")
    .description("make units of what is plugged in, until so many passed or a signal comes")
    .option("--ports <port...>", "instead of the station's own; ble, ble:ADDRESS and exec:COMMAND, too")
    .option(
      "--adapter <id>",
      "Bluetooth adapter that hears units, tries their consoles, and serves ble; such as hci0",
    )
    .option("--virtual <n>", "so many virtual units instead, of a station that makes simulated ones", "0")
    .option(
      "--count <n>",
      "ends when so many of the batch have passed, in this run and before (by default it goes on; all of the virtual ones)",
    )
    .option("--keys <dir>", "keys of the maker (by default in the station)")
    .option(
      "--scan",
      "labels are scanned back from the unit, by a scanner that types; their pictures are erased then",
    )
    .option("--ask", "asks whoever stands there what a unit cannot tell, and whether it is on the air")
    .option(
      "--in-the-clear",
      "locked units get their keys over the air or a network, unencrypted; log and evidence say so",
    )
    .option("--without-air", "units pass although nothing shows that they live; log and evidence say so")
    .option(
      "--without-checkpoint",
      "goes on although no checkpoint of the station's log lies beside the keys: the journal may be an old one",
    )
    .addHelpText("after", `\nHow a unit may fail, and what to do then:\n${failureTable()}`)
    .action((dir: string, options: RunOptions) => runStation(dir, options, terminal));
}

async function runStation(dir: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const { readStation } = require("./station") as typeof import("./station");
  const { openBench, closeBench } = require("./opening") as typeof import("./opening");
  const { Run } = require("./run") as typeof import("./run");
  const { watchSerial } = require("./ports/serial") as typeof import("./ports/serial");
  const { lockDirectory } = require("../../gateway/store/lock") as typeof import("../../gateway/store/lock");
  const station = readStation(dir);
  const virtual = whole("--virtual", options.virtual);
  const count = whole("--count", options.count ?? options.virtual);
  const isOfBatch = options.count !== undefined && count > 0;
  const words = virtual > 0 ? [] : (options.ports ?? station.ports);
  if (virtual === 0 && words.length === 0)
    throw new CliError(Exit.usage, "no port: name them with --ports, or in station.json");
  const command = station.ports.find((word) => word.startsWith("exec:"));
  if (virtual === 0 && !options.ports && command)
    throw new CliError(
      Exit.usage,
      `station.json names a command to run as a port (${JSON.stringify(command)}): whoever wrote it may be somebody else. Say it with --ports, if you mean it`,
    );
  const adapter = virtual > 0 ? undefined : (options.adapter ?? station.adapter);
  const isShown = adapter !== undefined || options.ask || options.withoutAir;
  if (virtual === 0 && station.deviceClass === "locked" && !isShown)
    throw new CliError(
      Exit.usage,
      "a dead unit is as silent as a locked one: say --adapter hci0, and that adapter hears whether each is on the air, --ask, and somebody looks, or --without-air, and the log says that nobody did",
    );
  const ending = new AbortController();
  const { blePorts, isBle } = require("./ports/beside") as typeof import("./ports/beside");
  const onAir = words.filter(isBle);
  if (onAir.length > 0 && adapter === undefined)
    throw new CliError(Exit.usage, `${onAir[0]} needs an adapter: say --adapter hci0`);
  const ports = wiredPorts(words);
  const heardOver = onAir.length > 0 ? "the air" : ports.find((port) => port.heardOver)?.heardOver;
  if (heardOver && station.deviceClass === "locked" && !options.inTheClear)
    throw new CliError(
      Exit.usage,
      `over ${heardOver} a unit gets its keys in the clear, and whoever listens there has them: use a cable, or a shielded room or a network of the bench's own, and say --in-the-clear, which the log then says, too`,
    );
  const unlock = lockDirectory(dir);
  let bench: Bench | undefined;
  let air: Air | undefined;
  const end = () => ending.abort();
  try {
    if (adapter) air = await openAir(adapter);
    const keys = options.keys ?? placesOf(dir).keys;
    const passphrase = await askSecret(terminal, MAKER_PASSPHRASE);
    bench = openBench(dir, station, {
      keys,
      passphrase,
      ahead: Math.max(AHEAD, words.length + virtual),
      terminal,
      scan: options.scan === true,
      ask: options.ask === true,
      withoutAir: options.withoutAir === true,
      withoutCheckpoint: options.withoutCheckpoint === true,
    });
    const { unfinished } = require("./provisioning") as typeof import("./provisioning");
    const atWork = bench;
    if (air) ports.push(...blePorts(onAir, air, () => unfinished(atWork)));
    if (virtual > 0) {
      const { virtualPorts } = require("./virtual/made") as typeof import("./virtual/made");
      ports.push(...virtualPorts(bench, virtual));
    }
    warnOfKeys(dir, station, keys, terminal);
    const { flashedCounter } = require("./use") as typeof import("./use");
    if (station.deviceClass === "locked" && flashedCounter(dir) === 0)
      terminal.say(
        "what is flashed is no release: its units would take any release of yours, old ones too. Make one with 'avnode factory release', and 'avnode factory use' it",
      );
    for (const signal of SIGNALS) process.once(signal, end);
    const { terminalScreen } = require("./screen/screen") as typeof import("./screen/screen");
    const screen = terminalScreen(terminal);
    const { passedOfBatch } = require("./batches") as typeof import("./batches");
    const before = isOfBatch ? passedOfBatch(bench.journal.db, station.batch) : 0;
    const run = new Run(bench, screen, {
      ...{ count, before },
      signal: ending.signal,
      isOpen: words.includes(SERIAL),
    });
    const serve = (port: Port) => run.serve(air ? air.hearing(port) : port);
    for (const port of ports) serve(port);
    if (words.includes(SERIAL)) watchSerial(serve, ending.signal);
    const { passed } = await run.ended().finally(() => screen.close());
    if (before + passed < count && !ending.signal.aborted)
      throw new CliError(
        Exit.no,
        `${before + passed} of ${count} passed, and no other unit comes at these ports: see why each failed, then run it again`,
      );
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    air?.close();
    if (bench) await closeBench(bench);
    unlock();
  }
}

function openAir(adapter: string): Promise<Air> {
  const { Air } = require("./ports/air") as typeof import("./ports/air");
  return Air.open(adapter);
}

/** All but those that come by themselves or over the air. @throws FACTORY_PORT */
function wiredPorts(words: string[]): Port[] {
  const { isBle } = require("./ports/beside") as typeof import("./ports/beside");
  const { portNamed } = require("./ports/open") as typeof import("./ports/open");
  return words.filter((word) => word !== SERIAL && !isBle(word)).map(portNamed);
}

function addStatus(factory: Command, terminal: Terminal): void {
  factory
    .command("status <station>")
    .description("verify the station's log and say what was made: yield, failures, units per hour")
    .option("--json", "print JSON")
    .action((dir: string, { json }: { json?: boolean }) => {
      const { readStatus } = require("./status") as typeof import("./status");
      const { statusLines } = require("./statustext") as typeof import("./statustext");
      const { status } = readStatus(dir);
      if (json) terminal.json(status);
      else for (const line of statusLines(status)) terminal.print(line);
      const [problem] = status.problems;
      if (problem)
        throw new CliError(
          Exit.no,
          `the station's log is not as it was written: ${problem}; keep the folder as it is for whoever looks into it`,
        );
    });
}
