import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import type { Adopted } from "../adopt/adopt";
import { StoreError } from "../store/errors";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

const POLL_MS = 200;

export function addAdopt(program: Command, terminal: Terminal): void {
  program
    .command("adopt <file>")
    .description(
      "keep an old recording (EDF+, BDF+, DICOM ECG) here, marked as adopted: no handheld signed it; or the answer that came back on a form",
    )
    .option("--person <name>", "whose heart it is")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (file: string, options: DataOption & { person?: string; json?: boolean }) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const adopted = await refusedAs(file, () => adopt(dataDir, file, options.person, terminal));
      if (options.json) return terminal.json(adopted);
      const { id, format, known, left, zoneAssumed, exportOf, answeredBy } = adopted;
      for (const what of left) terminal.say(`left in the file: ${what}`);
      if (zoneAssumed)
        terminal.say("the file names no time zone: its start was taken for a time of this machine's");
      if (exportOf !== undefined)
        terminal.say(
          `it is an avnode's export of recording ${exportOf}, by its own words; that one is not here`,
        );
      if (answeredBy !== undefined)
        return terminal.print(
          known
            ? `${file} is here already, beside recording ${id}`
            : `adopted the answer of ${answeredBy} to recording ${id}; the name is as they wrote it`,
        );
      terminal.print(
        known
          ? `${file} is here already: recording ${id}`
          : `adopted ${file} (${format}) as recording ${id}: no handheld signed it`,
      );
    });
}

async function adopt(
  dataDir: string,
  file: string,
  person: string | undefined,
  terminal: Terminal,
): Promise<Adopted> {
  const { Store } = require("../store/store") as typeof import("../store/store");
  const { adoptFile } = require("../adopt/adopt") as typeof import("../adopt/adopt");
  const { openOnThread } = require("../adopt/onthread") as typeof import("../adopt/onthread");
  let store: import("../store/store").Store;
  try {
    store = Store.openAsIs(dataDir);
  } catch (error) {
    if ((error as { code?: string }).code !== "STORE_LOCKED") throw error;
    return adoptBeside(dataDir, file, person, terminal);
  }
  try {
    return await adoptFile(store, file, person, openOnThread);
  } finally {
    store.close();
  }
}

/** Leaves it to the hub that another process runs, and waits for what becomes of it. */
async function adoptBeside(
  dataDir: string,
  file: string,
  person: string | undefined,
  terminal: Terminal,
): Promise<Adopted> {
  const { Adoptions } = require("../store/adoptions") as typeof import("../store/adoptions");
  const { copyFile } = require("../adopt/waiting") as typeof import("../adopt/waiting");
  const adoptions = Adoptions.open<Adopted>(dataDir);
  try {
    const number = adoptions.file(await copyFile(dataDir, file), person);
    terminal.say("the hub is running and adopts it; Ctrl-C ends the waiting alone");
    for (;;) {
      await wait(POLL_MS);
      // Looked at first: the hub's last deed may be to have adopted it.
      const isRunning = isLocked(dataDir);
      const { done, refused } = adoptions.get(number) ?? {};
      if (done) return done;
      if (refused) throw new StoreError(refused.code, refused.message);
      if (!isRunning)
        throw new CliError(
          Exit.failed,
          `the hub ended before it had adopted ${file}: it goes on when it starts again, and this command may be run once more`,
        );
    }
  } finally {
    adoptions.close();
  }
}

function isLocked(dataDir: string): boolean {
  const { lockDirectory } = require("../store/lock") as typeof import("../store/lock");
  try {
    lockDirectory(dataDir)();
    return false;
  } catch (error) {
    if ((error as { code?: string }).code !== "STORE_LOCKED") throw error;
    return true;
  }
}

async function refusedAs<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!/^(ADOPT|EDF|DICOM)_/.test(code ?? "")) throw error;
    throw new CliError(Exit.failed, `cannot adopt ${file}: ${message} (${code})`);
  }
}
