import type { Command } from "commander";
import { type DataOption, dataDirOf, requireData } from "./reading";
import type { Terminal } from "./terminal";

export function addName(program: Command, terminal: Terminal): void {
  program
    .command("name <id> <name>")
    .description("call a handheld by a name of yours, as 'avnode devices' shows it; \"\" takes the name away")
    .option("--data <dir>", "data directory")
    .action((id: string, name: string, options: DataOption) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const { nameDeviceBeside } = require("../store/store") as typeof import("../store/store");
      const device = nameDeviceBeside(dataDir, id, name);
      const said = name.trim();
      terminal.print(said === "" ? `handheld ${device} has no name now` : `handheld ${device} is ${said}`);
    });
}
