import type { Command } from "commander";
import { MonitorState, REFUSED_KINDS } from "../../protocol/command";
import { ClockTrust } from "../../protocol/open";
import { trustName } from "../document/signal";
import { type Connection, connectionOf } from "../health/connection";
import type { DeviceInfo } from "../store/infos";
import { askHub, signalText } from "./connection";
import { type DataOption, dataDirOf, withReader } from "./reading";
import { revokedText } from "./revocations";
import type { Terminal } from "./terminal";
import { ago, counted, shortened, table } from "./text";

const STATES: Record<number, string> = {
  [MonitorState.idle]: "idle",
  [MonitorState.recording]: "recording",
  [MonitorState.draining]: "sending",
};

const CLASSES: Partial<Record<DeviceInfo["class"], string>> = {
  simulated: "SIMULATED",
  dev: "developer unit: its console is open",
};

/** Short, so that a row fits. */
const CLOCKS: Record<number, string> = {
  [ClockTrust.sinceBoot]: "since start",
  [ClockTrust.setByHub]: "set by hub",
};

/** As wide as a terminal may be expected to be. */
const COLUMNS = 100;
const NAME_COLUMNS = 16;
const FIRMWARE_COLUMNS = 12;
/** As many as make an id here, at least. */
const ID_COLUMNS = 8;

type Listed = DeviceInfo & { connection?: Connection };

export function addDevices(program: Command, terminal: Terminal): void {
  program
    .command("devices")
    .description("list handhelds: battery, backlog, signal, last contact, and what was refused")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (options: DataOption & { json?: boolean }) => {
      const { known, unknown } = withReader(options, terminal, (reader) => ({
        known: reader.devices(),
        unknown: reader.refusals(),
      }));
      const hub = await askHub(dataDirOf(options, terminal), terminal);
      const devices = known.map((device) => ({ ...device, connection: connectionOf(device.alias, hub) }));
      if (options.json)
        return terminal.json({ hub: { running: hub !== undefined }, devices, refusals: { unknown } });
      if (devices.length === 0)
        terminal.say("no handheld claimed yet: run 'avnode claim' with its button held");
      else print(devices, hub !== undefined, terminal);
      for (const { id, name, refusals, status } of devices) {
        const whose = name === undefined ? id : `${name} (${id})`;
        printRefusals(terminal, whose, refusals);
        if (status) printRefusals(terminal, `what came to ${whose}`, refusedBy(status.refused));
      }
      printRefusals(terminal, "handhelds that nobody claimed here", unknown);
    });
}

const HEAD = ["NAME", "HANDHELD", "BATTERY", "BACKLOG", "SIGNAL", "LAST CONTACT", "CLOCK", "FIRMWARE"];

function print(devices: Listed[], running: boolean, terminal: Terminal): void {
  const short = shortIds(devices.map(({ id }) => id));
  const rows = devices.map((device, i) => rowOf(device, short[i]!, running));
  for (const line of table(HEAD, rows)) terminal.print(line);
  for (const device of devices)
    for (const line of wrapped(`${device.id}:`, factsOf(device))) terminal.print(line);
}

function rowOf({ name, status, lastContact, connection }: Listed, id: string, running: boolean): string[] {
  return [
    name === undefined ? "-" : shortened(name, NAME_COLUMNS),
    id,
    status ? `${(status.batteryMillivolts / 1000).toFixed(2)} V` : "-",
    // In frames.
    status ? String(status.backlog) : "-",
    running ? signalText(connection) : "-",
    lastContact === undefined ? "never" : ago(Date.now() - lastContact),
    status ? (CLOCKS[status.trust] ?? trustName(status.trust)) : "-",
    status ? shortened(status.firmware, FIRMWARE_COLUMNS) : "-",
  ];
}

/** A radio need not know the strength of a link; of several the strongest counts. */
function factsOf(device: Listed): string[] {
  const { status } = device;
  const facts = [CLASSES[device.class] ?? device.class];
  if (device.revoked) facts.push(revokedText(device.revoked));
  if (status) {
    facts.push(STATES[status.state] ?? "?", `memory ${(status.ringPermille / 10).toFixed(0)} % full`);
    // A status from before handhelds signed does not say.
    if (status.signatures !== undefined) facts.push(`can sign ${counted(status.signatures, "recording")}`);
  }
  if (device.person !== undefined) facts.push(`of ${device.person}`);
  if (device.maker !== undefined) facts.push(`made by ${device.maker}`);
  return facts;
}

/** The shortest beginnings that tell them apart: every command takes them. */
function shortIds(ids: string[]): string[] {
  let length = ID_COLUMNS;
  while (new Set(ids.map((id) => id.slice(0, length))).size < new Set(ids).size) length++;
  return ids.map((id) => id.slice(0, length));
}

/** What the handheld itself refused since it was switched on, by kind. */
function refusedBy(packed: number): Record<string, number> {
  const counts = REFUSED_KINDS.map(
    (kind, i) => [`${kind} (by the handheld)`, (packed >>> (24 - 8 * i)) & 255] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function printRefusals(terminal: Terminal, whose: string, refusals: Record<string, number>): void {
  const kinds = Object.entries(refusals).map(([kind, count]) => `${count} ${kind}`);
  if (kinds.length === 0) return;
  for (const line of wrapped(`refused of ${whose}:`, kinds)) terminal.print(line);
}

/** A list behind its title, broken between items. */
function wrapped(title: string, items: string[]): string[] {
  const lines = [title];
  items.forEach((item, i) => {
    const piece = i < items.length - 1 ? `${item},` : item;
    const last = lines[lines.length - 1]!;
    if (last.length + 1 + piece.length <= COLUMNS) lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(`    ${piece}`);
  });
  return lines;
}
