import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import type { RecordingInfo } from "../store/infos";
import { askLine } from "./asking";
import { type DataOption, dataDirOf, requireData, withReader } from "./reading";
import { lengthText, startText } from "./recordings";
import { CliError, Exit, type Terminal } from "./terminal";
import { localTime } from "./text";

const POLL_MS = 100;
const PATIENCE_MS = 15_000;

export function addForget(program: Command, terminal: Terminal): void {
  program
    .command("forget <id>")
    .description("erase a recording for ever; that it was there, and that you erased it, stays in the log")
    .option("--yes", "do not ask")
    .option("--data <dir>", "data directory")
    .action(async (abbreviation: string, options: DataOption & { yes?: boolean }) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const info = withReader(options, terminal, (reader) => reader.recording(abbreviation));
      if (info.erasedAt !== undefined)
        return terminal.say(
          `recording ${info.id} was erased by its owner on ${localTime(info.erasedAt)} already`,
        );
      explain(info, terminal);
      if (!options.yes && (await askLine(terminal, "type its id again to erase it: ")).trim() !== info.id)
        throw new CliError(Exit.no, "that is not the id: nothing was erased");
      const at = await forget(dataDir, info.id);
      terminal.print(`erased recording ${info.id} on ${localTime(at)}`);
    });
}

function explain(info: RecordingInfo, terminal: Terminal): void {
  terminal.say(
    `recording ${info.id}: ${startText(info)}, ${lengthText(info)}${info.person ? `, of ${info.person}` : ""}`,
  );
  terminal.say("what goes: its key and its samples, here now, and in backups and mirrors at their next run");
  terminal.say(
    "what stays: that handheld, number and length were recorded, and the log, which says that you erased it",
  );
  terminal.say(
    "what is beyond reach: exports and proofs handed out before (a proof stays valid), and media that see no further run",
  );
}

/** @returns Unix ms of the erasure */
async function forget(dataDir: string, id: string): Promise<number> {
  const { lockDirectory } = require("../store/lock") as typeof import("../store/lock");
  const { fileErasureBeside, Store } = require("../store/store") as typeof import("../store/store");
  let unlock: () => void;
  try {
    unlock = lockDirectory(dataDir);
  } catch (error) {
    if ((error as { code?: string }).code !== "STORE_LOCKED") throw error;
    fileErasureBeside(dataDir, id);
    return erased(dataDir, id);
  }
  unlock();
  const store = Store.openAsIs(dataDir);
  try {
    store.forget(id);
  } finally {
    store.close();
  }
  return erased(dataDir, id);
}

async function erased(dataDir: string, id: string): Promise<number> {
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const reader = StoreReader.open(dataDir);
  const until = Date.now() + PATIENCE_MS;
  try {
    for (;;) {
      const { erasedAt, erasureRefused } = reader.recording(id);
      if (erasedAt !== undefined) return erasedAt;
      if (erasureRefused !== undefined)
        throw new CliError(Exit.failed, `the hub did not erase it: ${erasureRefused}; its log says more`);
      if (Date.now() > until)
        throw new CliError(
          Exit.failed,
          "the hub has not erased it yet: it does so as soon as it can write; 'avnode show' tells when it has",
        );
      await wait(POLL_MS);
    }
  } finally {
    reader.close();
  }
}
