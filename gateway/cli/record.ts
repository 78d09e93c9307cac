/** Beginning and ending a handheld's recording as the page's button does: by the hub that runs. */
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { MonitorState, Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import type { Order } from "../store/orders";
import type { StoreReader } from "../store/reader";
import { requireHub } from "./connection";
import { type DataOption, dataDirOf, whileReading } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

const POLL_MS = 100;
/** The hub looks twice a second, and a bad radio takes its time. */
const PATIENCE_MS = 15_000;

export function addRecord(program: Command, terminal: Terminal): void {
  const record = program.command("record").description("begin or end a recording of a handheld near the hub");
  record
    .command("start <id>")
    .description("let a handheld record a strip, as its button does")
    .option("--continuous", "until it is told to stop")
    .option("--data <dir>", "data directory")
    .action(async (id: string, options: DataOption & { continuous?: boolean }) => {
      const mode = options.continuous ? RecordingMode.continuous : RecordingMode.strip;
      const device = await tell(id, { op: Op.start, mode }, options, terminal);
      terminal.print(`handheld ${device} records`);
    });
  record
    .command("stop <id>")
    .description("let a handheld end what it records; all of it stays")
    .option("--data <dir>", "data directory")
    .action(async (id: string, options: DataOption) => {
      const device = await tell(id, { op: Op.stop }, options, terminal);
      terminal.print(`handheld ${device} records no more`);
    });
}

/** @returns the handheld's id, once it has done so; @throws CliError, STORE_UNKNOWN_DEVICE, STORE_AMBIGUOUS_DEVICE */
function tell(abbreviation: string, order: Order, options: DataOption, terminal: Terminal): Promise<string> {
  return whileReading(options, terminal, async (reader) => {
    const dataDir = dataDirOf(options, terminal);
    requireHub(dataDir, "record");
    const { wholeId } = require("../store/naming") as typeof import("../store/naming");
    const { Orders } = require("../store/orders") as typeof import("../store/orders");
    const device = wholeId(
      reader.devices().map(({ id }) => id),
      abbreviation,
    );
    const orders = Orders.open(dataDir);
    try {
      orders.file(device, order, Date.now());
      const until = Date.now() + PATIENCE_MS;
      while (!isDone(order, orders.outcome(device), reader, device)) {
        if (Date.now() > until)
          throw new CliError(
            Exit.failed,
            `handheld ${device} has not answered; bring it nearer to the hub and try again`,
          );
        await wait(POLL_MS);
      }
    } finally {
      orders.close();
    }
    return device;
  });
}

/** @throws CliError for what the hub could not say */
function isDone(
  { op }: Order,
  { said, refused }: { said?: number; refused?: string },
  reader: StoreReader,
  device: string,
): boolean {
  if (refused !== undefined)
    throw new CliError(
      Exit.failed,
      refused === "STORE_NO_SESSION"
        ? `handheld ${device} is not connected to this hub; bring it near and try again`
        : `the hub could not tell handheld ${device} (${refused}); try again`,
    );
  const status = reader.devices().find(({ id }) => id === device)?.status;
  if (said === undefined || !status || status.lastCommand < said) return false;
  return (status.state === MonitorState.recording) === (op === Op.start);
}
