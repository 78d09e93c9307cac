/** `avnode revocations`: makers' lists of units no longer to be believed, brought as files. */
import type { Command } from "commander";
import { utc } from "../../protocol/proof/lines";
import { MAX_REVOCATIONS_BYTES } from "../../protocol/revocations";
import type { DeviceInfo, RevokedInfo } from "../store/infos";
import { readFile } from "./prooffile";
import { type DataOption, dataDirOf, requireData, withReader } from "./reading";
import type { Terminal } from "./terminal";
import { counted, localTime, table } from "./text";

export function addRevocations(program: Command, terminal: Terminal): void {
  const revocations = program
    .command("revocations")
    .description("list makers' lists of units no longer to be believed, and which of yours they name")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { json?: boolean }) => {
      const { lists, devices } = withReader(options, terminal, (reader) => ({
        lists: reader.revocations.lists(),
        devices: reader.devices(),
      }));
      if (options.json) return terminal.json({ revocations: lists, yours: revokedOf(devices) });
      if (lists.length === 0)
        return terminal.say("no list is here: 'avnode revocations import FILE' takes one from a maker");
      const rows = lists.map(({ fingerprint, number, issued, at, units }) => [
        ...[fingerprint, String(number), utc(issued), localTime(at), String(units.length)],
      ]);
      for (const line of table(["MAKER", "NUMBER", "ISSUED", "IMPORTED", "UNITS"], rows))
        terminal.print(line);
      tellYours(devices, terminal);
    });
  revocations
    .command("import <file>")
    .description("take a maker's newest list; only of a maker that is believed, and never an older one")
    .option("--data <dir>", "data directory")
    .action((file: string, _, command: Command) => {
      // Given before the command's name it is the list's.
      const options = command.optsWithGlobals<DataOption>();
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const { importRevocationsBeside } = require("../store/trust") as typeof import("../store/trust");
      const { fingerprintOf } = require("../store/makers") as typeof import("../store/makers");
      const bytes = readFile(file, "a revocation list", MAX_REVOCATIONS_BYTES);
      const { list, isNew } = importRevocationsBeside(dataDir, bytes);
      terminal.print(
        `list ${list.number} of maker ${fingerprintOf(list.maker)}, issued ${utc(list.issued)}: ${counted(list.entries.length, "unit")} revoked${isNew ? "" : "; it was here already"}`,
      );
      tellYours(
        withReader(options, terminal, (reader) => reader.devices()),
        terminal,
      );
    });
}

export function revokedText({ since, reason }: RevokedInfo): string {
  return `REVOKED by its maker from ${utc(since)} on${reason === "" ? "" : ` (${reason})`}`;
}

function revokedOf(devices: DeviceInfo[]) {
  return devices.flatMap(({ id, name, revoked }) => (revoked ? [{ id, name, ...revoked }] : []));
}

function tellYours(devices: DeviceInfo[], terminal: Terminal): void {
  for (const { id, name, ...revoked } of revokedOf(devices))
    terminal.print(`handheld ${name === undefined ? id : `${name} (${id})`} is ${revokedText(revoked)}`);
}
