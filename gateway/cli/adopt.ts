import type { Command } from "commander";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

export function addAdopt(program: Command, terminal: Terminal): void {
  program
    .command("adopt <file>")
    .description(
      "keep an old recording (EDF+, BDF+, DICOM ECG) here; it stays marked as adopted: no handheld signed it",
    )
    .option("--person <name>", "whose heart it is")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (file: string, options: DataOption & { person?: string; json?: boolean }) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const adopted = await adopt(dataDir, file, options.person);
      if (options.json) return terminal.json(adopted);
      const { id, format, known, left, zoneAssumed } = adopted;
      for (const what of left) terminal.say(`left in the file: ${what}`);
      if (zoneAssumed)
        terminal.say("the file names no time zone: its start was taken for a time of this machine's");
      terminal.print(
        known
          ? `${file} is here already: recording ${id}`
          : `adopted ${file} (${format}) as recording ${id}: no handheld signed it`,
      );
    });
}

async function adopt(dataDir: string, file: string, person?: string) {
  const { Store } = require("../store/store") as typeof import("../store/store");
  const { adoptFile } = require("../adopt/adopt") as typeof import("../adopt/adopt");
  let store: import("../store/store").Store;
  try {
    store = Store.openAsIs(dataDir);
  } catch (error) {
    if ((error as { code?: string }).code !== "STORE_LOCKED") throw error;
    throw new CliError(
      Exit.failed,
      `cannot adopt ${file}: the hub is running; stop it, adopt, and start it again`,
    );
  }
  try {
    return await adoptFile(store, file, person);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!/^(ADOPT|EDF|DICOM)_/.test(code ?? "")) throw error;
    throw new CliError(Exit.failed, `cannot adopt ${file}: ${message} (${code})`);
  } finally {
    store.close();
  }
}
