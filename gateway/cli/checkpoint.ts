import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { encodeVerifierKey } from "../../protocol/note";
import { nodeCrypto } from "../crypto";
import { type DataOption, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

export function addCheckpoint(program: Command, terminal: Terminal): void {
  program
    .command("checkpoint")
    .description(
      "print the log's newest checkpoint: kept elsewhere, it shows later that nothing was rewritten",
    )
    .option("-o, --output <file>", "write it to a file instead")
    .option("--key", "print the key that checkpoints are verified with, too")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { output?: string; key?: boolean }) =>
      withReader(options, terminal, ({ log }) => {
        const note = log.checkpoint();
        if (!note) {
          throw new CliError(
            Exit.no,
            "there is no checkpoint yet: the first one comes with the first recording that is complete",
          );
        }
        if (options.output === undefined) terminal.stdout.write(Buffer.from(note));
        else write(options.output, note);
        if (options.key) terminal.print(encodeVerifierKey(nodeCrypto.sha256, log.key()));
      }),
    );
}

function write(path: string, note: Uint8Array): void {
  try {
    writeFileSync(path, note);
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot write the checkpoint: ${(error as Error).message}; name another file with -o`,
    );
  }
}
