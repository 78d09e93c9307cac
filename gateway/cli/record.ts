/** Beginning and ending a handheld's recording as the page's button does: by the hub that runs. */
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { MonitorState, Op } from "../../protocol/command";
import { RecordingMode } from "../../protocol/open";
import { connectionOf } from "../health/connection";
import { BATTERY_LOW_MILLIVOLTS } from "../schema/battery";
import type { DeviceInfo } from "../store/infos";
import type { Order } from "../store/orders";
import { askHub, requireHub } from "./connection";
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
      const { device, isNew } = await tell(id, { op: Op.start, mode }, options, terminal);
      if (!isNew)
        throw new CliError(
          Exit.no,
          `handheld ${device} records already, and goes on: 'avnode record stop ${device}' ends that, then start it again`,
        );
      terminal.print(`handheld ${device} records`);
    });
  record
    .command("stop <id>")
    .description("let a handheld end what it records; all of it stays")
    .option("--data <dir>", "data directory")
    .action(async (id: string, options: DataOption) => {
      const { device, isNew } = await tell(id, { op: Op.stop }, options, terminal);
      if (isNew) terminal.print(`handheld ${device} records no more`);
      else terminal.say(`handheld ${device} was not recording`);
    });
}

interface Told {
  /** Whole. */
  device: string;
  /** It was not so before. */
  isNew: boolean;
}

/** @throws CliError, STORE_UNKNOWN_DEVICE, STORE_AMBIGUOUS_DEVICE */
function tell(abbreviation: string, order: Order, options: DataOption, terminal: Terminal): Promise<Told> {
  return whileReading(options, terminal, async (reader) => {
    const dataDir = dataDirOf(options, terminal);
    requireHub(dataDir, "record");
    const { wholeId } = require("../store/naming") as typeof import("../store/naming");
    const { Orders } = require("../store/orders") as typeof import("../store/orders");
    const device = wholeId(
      reader.devices().map(({ id }) => id),
      abbreviation,
    );
    const now = () => reader.devices().find(({ id }) => id === device)!;
    const { status: before } = now();
    const orders = Orders.open(dataDir);
    try {
      orders.file(device, order, Date.now());
      const until = Date.now() + PATIENCE_MS;
      while (!isAnswered(orders.outcome(device), now())) {
        if (Date.now() > until) throw await unanswered(order, now(), dataDir, terminal);
        await wait(POLL_MS);
      }
    } finally {
      orders.close();
    }
    const after = now();
    if (isRecording(after.status) !== (order.op === Op.start)) throw notDone(order, after);
    // What is known from before may be old: its recordings count on.
    const isSame = before?.newestRecording === after.status!.newestRecording;
    return { device, isNew: !isSame || isRecording(before) !== isRecording(after.status) };
  });
}

/** @throws CliError for what the hub could not say */
function isAnswered(
  { said, refused }: { said?: number; refused?: string },
  { id, status }: DeviceInfo,
): boolean {
  if (refused !== undefined)
    throw new CliError(
      Exit.failed,
      refused === "STORE_NO_SESSION"
        ? `handheld ${id} is not connected to this hub; bring it near and try again`
        : `the hub could not tell handheld ${id} (${refused}); try again`,
    );
  return said !== undefined && status !== undefined && status.lastCommand >= said;
}

function isRecording(status: DeviceInfo["status"]): boolean {
  return status?.state === MonitorState.recording;
}

/** Where it is connected, the radio is not to blame. */
async function unanswered(
  order: Order,
  device: DeviceInfo,
  dataDir: string,
  terminal: Terminal,
): Promise<CliError> {
  if (connectionOf(device.alias, await askHub(dataDir, terminal))) return notDone(order, device);
  return new CliError(
    Exit.failed,
    `handheld ${device.id} has not answered; bring it nearer to the hub and try again`,
  );
}

/** A full memory and electrodes that touch nobody are no reasons: it records all the same. */
function notDone({ op }: Order, { id, status }: DeviceInfo): CliError {
  const millivolts = status?.batteryMillivolts ?? 0;
  const what = `handheld ${id} is connected, but does not say that it ${op === Op.start ? "records" : "has ended"}`;
  // A board that cannot read its battery says 0.
  const isLow = millivolts > 0 && millivolts < BATTERY_LOW_MILLIVOLTS;
  const advice = isLow
    ? `its battery is low (${(millivolts / 1000).toFixed(2)} V): charge it and try again`
    : "try again; if that does not help either, switch it off and on";
  return new CliError(Exit.failed, `${what}; ${advice}`);
}
