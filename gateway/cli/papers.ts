/** A handheld's public papers, which come from its maker as a file: what its signatures are checked with. */
import type { Command } from "commander";
import { toHex } from "../../protocol/bytes";
import { MAX_DOSSIER_BYTES } from "../../protocol/dossier";
import { readFile } from "./prooffile";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

export interface Papers {
  file: string;
  bytes: Uint8Array;
}

export function addPapers(program: Command, terminal: Terminal): void {
  program
    .command("papers")
    .description("handhelds' public papers, by which their signatures are checked")
    .command("import <file...>")
    .description("keep the papers of handhelds that are claimed, or of makers that are believed")
    .option("--data <dir>", "data directory")
    .action((files: string[], options: DataOption) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      // Every file is read before the first is kept.
      for (const { file, bytes } of files.map(readPapers))
        terminal.print(`${file}: papers of handheld ${keep(dataDir, bytes)}`);
    });
}

/** @throws CliError; DOSSIER_*, CBOR_*, CERTIFICATE_*, LMS_*, STORE_CERTIFICATE for what does not prove itself */
export function readPapers(file: string): Papers {
  const { checkPapers, NO_DOSSIER } = require("../store/tables") as typeof import("../store/tables");
  const bytes = readFile(file, "a handheld's dossier", MAX_DOSSIER_BYTES);
  try {
    checkPapers(bytes);
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (!NO_DOSSIER.test(code)) throw error;
    throw new CliError(
      Exit.failed,
      `${file} holds no papers of a handheld: ${message}; name the .dossier file that came with it`,
    );
  }
  return { file, bytes };
}

/** Only once it is claimed: its maker may be pinned by that very claim. @throws as Tables.add does */
export function keepPapers(
  dataDir: string,
  { file, bytes }: Papers,
  claimed: string,
  terminal: Terminal,
): void {
  const device = keep(dataDir, bytes);
  if (device !== claimed) terminal.say(`${file} is of handheld ${device}, not of this one`);
}

/** @returns whose they are, in hex */
function keep(dataDir: string, bytes: Uint8Array): string {
  const { importPapersBeside } = require("../store/trust") as typeof import("../store/trust");
  return toHex(importPapersBeside(dataDir, bytes).device);
}
