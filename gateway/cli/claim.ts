import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { CLAIM_WINDOW_MS, decodeClaimCode } from "../../protocol/claim";
import type { ClaimOptions } from "../store/store";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

const POLL_MS = 250;
/** The hub looks at filed claims now and then, and ends them itself. */
const PATIENCE_MS = CLAIM_WINDOW_MS + 5000;

export function addClaim(program: Command, terminal: Terminal): void {
  program
    .command("claim <code...>")
    .description("take ownership of the handheld with this concealed code; hold its button meanwhile")
    .option("--person <name>", "whose recordings its next ones are")
    .option(
      "--dossier <file>",
      "the handheld's public papers from its maker, by which its signatures are checked",
    )
    .option("--data <dir>", "data directory")
    .action(async (words: string[], options: DataOption & { person?: string; dossier?: string }) => {
      const code = decodeClaimCode(words.join(""));
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      requireHub(dataDir);
      const dossier = options.dossier === undefined ? undefined : readDossier(options.dossier);
      const device = await claimed(dataDir, code, { person: options.person, dossier }, terminal);
      terminal.print(`claimed handheld ${device}`);
    });
}

/** @throws CliError unless another process runs a hub there */
function requireHub(dataDir: string): void {
  const { lockDirectory } = require("../store/lock") as typeof import("../store/lock");
  let unlock: () => void;
  try {
    unlock = lockDirectory(dataDir);
  } catch (error) {
    if ((error as { code?: string }).code === "STORE_LOCKED") return;
    throw error;
  }
  unlock();
  throw new CliError(
    Exit.failed,
    `cannot claim: no hub runs on ${dataDir}; start it with 'avnode start' and claim from another terminal`,
  );
}

/** @throws CliError */
function readDossier(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the dossier: ${(error as Error).message}; name the file that came with the handheld`,
    );
  }
}

/** @returns the handheld's id; @throws CliError when none answered or it was refused */
async function claimed(
  dataDir: string,
  code: Uint8Array,
  options: ClaimOptions,
  terminal: Terminal,
): Promise<string> {
  const { fileClaimBeside } = require("../store/store") as typeof import("../store/store");
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const id = fileClaimBeside(dataDir, code, options);
  const reader = StoreReader.open(dataDir);
  const until = Date.now() + PATIENCE_MS;
  const countdown = terminal.stderr.isTTY;
  if (!countdown) terminal.say("hold the handheld's button");
  try {
    for (;;) {
      const left = until - Date.now();
      const claim = reader.claimState(id);
      if (claim?.state === "claimed") return claim.device!;
      if (claim?.state === "refused")
        throw new CliError(Exit.no, `the handheld was refused: ${claim.detail}`);
      if (claim?.state === "expired" || left <= 0)
        throw new CliError(
          Exit.no,
          "no handheld with this code answered within a minute: hold its button near the hub and claim again; " +
            "one that has an owner gives him up, and all that he did not collect, when its button is held " +
            "for ten seconds while it is switched on",
        );
      if (countdown)
        terminal.stderr.write(`\r\x1b[Khold the handheld's button: ${Math.ceil(left / 1000)} s left`);
      await wait(POLL_MS);
    }
  } finally {
    if (countdown) terminal.stderr.write("\r\x1b[K");
    reader.close();
  }
}
