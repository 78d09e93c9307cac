import type { Command } from "commander";
import { systemClock } from "../clock";
import type { AlertBook } from "../delivery/alerts/book";
import { addressOf, tellTest } from "../delivery/alerts/ways";
import { noteLeft } from "../delivery/start";
import { readDetails } from "./details";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { table } from "./text";

interface AlertsOption extends DataOption {
  json?: boolean;
}

/** `avnode alerts`: works whether a hub runs or not; the running hub is what tells. */
export function addAlerts(program: Command, terminal: Terminal): void {
  const alerts = program
    .command("alerts")
    .description("list who is told of a hub or a handheld that needs somebody")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: AlertsOption) =>
      withBook(options, terminal, (book) => list(book, options.json === true, terminal)),
    );
  // --data is the list's own option, wherever it stands.
  alerts
    .command("add <file>")
    .description("add one, as a JSON file says it: way, tells (hub, handheld, delivery, finding)")
    .action((file: string, _options: unknown, command: Command) =>
      withBook(command.optsWithGlobals(), terminal, (book) => {
        const { alertDetailsSchema } = require("../schema/alerts") as typeof import("../schema/alerts");
        const details = readDetails(file, alertDetailsSchema);
        const { id, way } = book.add(details.way, details.tells);
        terminal.print(`${id}: ${addressOf(way)}`);
        terminal.say(
          `see that it works with 'avnode alerts test ${id}', and remove ${file}: a URL in it is as good as a password`,
        );
      }),
    );
  alerts
    .command("remove <id>")
    .description("remove one, and what waits for it")
    .action((id: string, _options: unknown, command: Command) =>
      withBook(command.optsWithGlobals(), terminal, (book) => book.remove(Number(id))),
    );
  alerts
    .command("test <id>")
    .description("send a test")
    .action((id: string, _options: unknown, command: Command) =>
      withBook(command.optsWithGlobals(), terminal, async (book, isDemo) => {
        const { way } = book.listener(Number(id));
        try {
          await tellTest(way, isDemo);
        } catch (error) {
          throw new CliError(Exit.no, `not accepted: ${(error as Error).message}`);
        }
        terminal.print(`accepted by ${addressOf(way)}: whether it arrives, look there`);
      }),
    );
}

async function withBook(
  options: DataOption,
  terminal: Terminal,
  run: (book: AlertBook, isDemo: boolean) => void | Promise<void>,
): Promise<void> {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  const { AlertBook: Book } = require("../delivery/alerts/book") as typeof import("../delivery/alerts/book");
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const reader = StoreReader.open(dataDir);
  const isDemo = reader.kind !== "home";
  reader.close();
  const book = Book.open(dataDir, isDemo, (left) => noteLeft(dataDir, systemClock, left));
  try {
    await run(book, isDemo);
  } finally {
    book.close();
  }
}

function list(book: AlertBook, json: boolean, terminal: Terminal): void {
  const { listeners, times, watcher, paused } = book.wanted();
  const listed = listeners.map(({ id, way, tells }) => ({
    ...{ id, kind: way.kind, address: addressOf(way), tells },
    waiting: Object.keys(book.told().find(({ listener }) => listener === id)?.lines ?? {}).length,
  }));
  if (json || listed.length === 0) {
    const host = watcher === undefined ? undefined : new URL(watcher).host;
    if (json) terminal.json({ listeners: listed, times, watcher: host, paused });
    else terminal.say("nobody is told yet: run 'avnode alerts add FILE'");
    return;
  }
  const rows = listed.map(({ id, kind, address, tells, waiting }) => [
    ...[String(id), kind, address, tells.join(" "), String(waiting)],
  ]);
  for (const line of table(["ID", "BY", "ADDRESS", "OF", "WAITING"], rows)) terminal.print(line);
  if (paused)
    terminal.say(
      "paused: this hub came out of a backup since; save the times again on the page, under Alerts",
    );
}
