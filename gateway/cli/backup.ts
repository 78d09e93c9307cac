import type { Command } from "commander";
import type { BackupResult } from "../backup/run";
import { askSecret } from "./asking";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, localTime } from "./text";

interface BackupOptions extends DataOption {
  full?: boolean;
  rehearse?: boolean;
  scheduled?: string;
  json?: boolean;
}

export function addBackup(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command("backup <dir>")
    .description("copy what changed into a directory, best on another disk, and verify it; the hub may run")
    .option("--full", "verify everything that is in the backup, not only what this run brought")
    .option("--rehearse", "bring the backup back on trial, into a folder that is deleted again")
    .option("--scheduled <hours>", "for the hub: this run is one of many")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (dir: string, options: BackupOptions) => {
      if (options.scheduled !== undefined && !(Number(options.scheduled) > 0))
        throw new CliError(
          Exit.usage,
          `--scheduled ${options.scheduled} is no number of hours: give how often it runs, as --scheduled 24`,
        );
      if (options.rehearse) return rehearsal(dir, options, terminal, exit);
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const result = backedUp(dataDir, dir, options, terminal);
      if (result.problems.length > 0) exit(Exit.no);
      if (options.json) return terminal.json(result);
      tell(result, terminal);
    });

  program
    .command("recovery-code")
    .description("make a new recovery code for the backups to come")
    .requiredOption(
      "--renew",
      "what is printed replaces the code of the next backups; older ones still open by the old",
    )
    .option("--data <dir>", "data directory")
    .action((options: DataOption) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const { makeRecoveryCode } = require("../backup/keyfile") as typeof import("../backup/keyfile");
      makeRecoveryCode(dataDir, (code) => printRecoveryCode(code, terminal));
      terminal.say(
        "backups and mirrors get it at their next run; copies made before still open by the old code only: keep both",
      );
    });
}

function backedUp(dataDir: string, dir: string, options: BackupOptions, terminal: Terminal): BackupResult {
  const { runBackup } = require("../backup/run") as typeof import("../backup/run");
  const bar = terminal.progress("backing up");
  let codeText = "";
  const onCode = (code: Uint8Array) => {
    if (options.json) codeText = codeAsText(code);
    else printRecoveryCode(code, terminal);
  };
  try {
    const result = runBackup({
      dataDir,
      dir,
      full: options.full,
      everyHours: options.scheduled === undefined ? undefined : Number(options.scheduled),
      onCode: options.scheduled === undefined ? onCode : undefined,
      progress: (done, total) => bar.update(done, total),
    });
    return codeText === "" ? result : { ...result, recoveryCode: codeText };
  } catch (error) {
    // A code that nobody read would seal backups for nobody.
    if (codeText !== "") terminal.json({ recoveryCode: codeText });
    throw error;
  } finally {
    bar.stop();
  }
}

function codeAsText(code: Uint8Array): string {
  const { encodeRecoveryCode } = require("../backup/code") as typeof import("../backup/code");
  return encodeRecoveryCode(code);
}

/** Once: it is kept nowhere. */
export function printRecoveryCode(code: Uint8Array, terminal: Terminal): void {
  terminal.say(
    "this is the recovery code. It is shown once and kept nowhere: write it on paper, and keep that away from this machine.",
  );
  terminal.say(
    "With it and a backup 'avnode restore DIR' brings everything back; without it nobody can, you included.",
  );
  terminal.print(codeAsText(code));
}

function tell(result: BackupResult, terminal: Terminal): void {
  const { total, verified, seconds } = result;
  terminal.print(
    `backed up to ${result.dir}: ${counted(result.recordings, "recording")} changed, ${counted(result.frames, "frame")} copied in ${seconds.copy.toFixed(1)} s`,
  );
  terminal.print(
    `verified ${counted(verified.recordings, "recording")} with ${counted(verified.frames, "frame")} in ${seconds.verify.toFixed(1)} s; it holds ${counted(total.recordings, "recording")} with ${counted(total.frames, "frame")}`,
  );
  for (const problem of [...result.problems, ...result.releaseProblems])
    terminal.print(`the store itself: ${problem}`);
  if (result.problems.length > 0)
    terminal.say(
      "the backup holds the store as it is, and the store was altered: see 'avnode verify', keep an older backup",
    );
}

async function rehearsal(
  dir: string,
  options: BackupOptions,
  terminal: Terminal,
  exit: (code: number) => void,
): Promise<void> {
  const { rehearse } = require("../backup/rehearse") as typeof import("../backup/rehearse");
  const code = await recoveryCode(terminal);
  const bar = terminal.progress("rehearsing");
  try {
    const result = rehearse({
      dir,
      code,
      beside: dataDirOf(options, terminal),
      progress: (done, total) => bar.update(done, total),
    });
    bar.stop();
    if (result.problems.length > 0) exit(Exit.no);
    if (options.json) return terminal.json(result);
    terminal.print(
      `the backup of ${localTime(result.backupAt)} comes back: ${counted(result.recordings, "recording")}, ${counted(result.frames, "frame")}, one frame of each of ${result.opened} opened`,
    );
    terminal.print(`a real return would take about ${Math.ceil(result.seconds)} s`);
    for (const problem of [...result.problems, ...result.releaseProblems]) terminal.print(problem);
    terminal.say("deleted again; nothing was changed");
  } catch (error) {
    if ((error as { code?: string }).code === "RESTORE_ALTERED") exit(Exit.no);
    throw error;
  } finally {
    bar.stop();
  }
}

/** From AVNODE_RECOVERY_CODE, else asked. @throws RECOVERY_CODE_* */
export async function recoveryCode(terminal: Terminal): Promise<Uint8Array> {
  const { decodeRecoveryCode } = require("../backup/code") as typeof import("../backup/code");
  const given = terminal.env.AVNODE_RECOVERY_CODE;
  return decodeRecoveryCode(given || (await askSecret(terminal, "recovery code: ")));
}
