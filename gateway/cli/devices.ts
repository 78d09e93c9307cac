import type { Command } from "commander";
import { MonitorState, REFUSED_KINDS } from "../../protocol/command";
import { trustName } from "../export/signal";
import type { DeviceInfo } from "../store/infos";
import { type DataOption, withReader } from "./reading";
import type { Terminal } from "./terminal";
import { ago, counted, table } from "./text";

const STATES: Record<number, string> = {
  [MonitorState.idle]: "idle",
  [MonitorState.recording]: "recording",
  [MonitorState.draining]: "sending",
};

export function addDevices(program: Command, terminal: Terminal): void {
  program
    .command("devices")
    .description("list handhelds: battery, backlog, last contact, and what was refused")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { json?: boolean }) => {
      const { devices, unknown } = withReader(options, terminal, (reader) => ({
        devices: reader.devices(),
        unknown: reader.refusals(),
      }));
      if (options.json) return terminal.json({ devices, refusals: { unknown } });
      if (devices.length === 0)
        terminal.say("no handheld claimed yet: run 'avnode claim CODE' with its button held");
      else for (const line of table(HEAD, devices.map(rowOf))) terminal.print(line);
      for (const { id, refusals, status } of devices) {
        printRefusals(terminal, id, refusals);
        if (status) printRefusals(terminal, `what came to ${id}`, refusedBy(status.refused));
      }
      printRefusals(terminal, "handhelds that nobody claimed here", unknown);
    });
}

const HEAD = [
  "HANDHELD",
  "CLASS",
  "STATE",
  "BATTERY",
  "BACKLOG",
  "MEMORY",
  "LAST CONTACT",
  "CLOCK",
  "CAN SIGN",
  "FIRMWARE",
  "OF",
];

function rowOf(device: DeviceInfo): string[] {
  const { status } = device;
  return [
    device.id,
    device.class === "simulated" ? "SIMULATED" : device.class,
    status ? (STATES[status.state] ?? "?") : "-",
    status ? `${(status.batteryMillivolts / 1000).toFixed(2)} V` : "-",
    status ? counted(status.backlog, "frame") : "-",
    status ? `${(status.ringPermille / 10).toFixed(0)} % full` : "-",
    device.lastContact === undefined ? "never" : ago(Date.now() - device.lastContact),
    status ? trustName(status.trust) : "-",
    // A status from before handhelds signed does not say.
    status?.signatures === undefined ? "-" : counted(status.signatures, "recording"),
    status?.firmware ?? "-",
    device.person ?? "-",
  ];
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
  if (kinds.length > 0) terminal.print(`refused of ${whose}: ${kinds.join(", ")}`);
}
