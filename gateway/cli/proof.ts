import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { writeProof } from "../proof/write";
import { noteLeaving } from "./leaving";
import { type DataOption, dataDirOf, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

interface ProofOptions extends DataOption {
  output: string;
  open?: boolean;
  force?: boolean;
  json?: boolean;
}

export function addProof(program: Command, terminal: Terminal): void {
  program
    .command("proof <id>")
    .description("write one self-contained file that proves a recording to others, offline")
    .requiredOption("-o, --output <file>", "file to write")
    .option("--open", "disclose the ECG and the name of this one recording to whoever gets the file")
    .option("--force", "replace a file that is there")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: ProofOptions) =>
      withReader(options, terminal, (reader) => {
        const file = resolve(options.output);
        const open = options.open === true;
        const evidence = reader.log.evidence(id);
        const bytes = writeProof(evidence, { open, hub: reader.log.key(evidence.origin) });
        if (bytes.length > MAX_PROOF_BYTES)
          throw new CliError(
            Exit.failed,
            `the proof would have ${bytes.length} bytes, and no verifier reads more than ${MAX_PROOF_BYTES}`,
          );
        const recording = reader.recording(id).id;
        save(file, bytes, options.force === true, () =>
          noteLeaving(dataDirOf(options, terminal), terminal, {
            ...{ recording, file, format: open ? "proof, opened" : "proof" },
          }),
        );
        if (options.json) terminal.json({ id: recording, file, bytes: bytes.length, open });
        else terminal.print(`${file}: ${bytes.length} bytes`);
        terminal.say(
          open
            ? "it discloses the ECG of this one recording, and whose it is, to whoever gets the file; nothing else"
            : "it shows whose device, how long and since when, and nothing of the ECG; --open would disclose that",
        );
        if (!evidence.lmsPath)
          terminal.say("no signature of the device's own goes with it: a verifier will say so");
      }),
    );
}

/** A file of that name is whole or not there, and nobody's file is replaced unasked. */
function save(file: string, bytes: Uint8Array, force: boolean, leave: () => void): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new CliError(Exit.usage, `${file} is not a file; name another`);
  if (there && !force)
    throw new CliError(Exit.usage, `${file} is there already; name another, or replace it with --force`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new CliError(Exit.usage, `there is no folder ${folder}; make it first`);
  if (existsSync(`${folder}/keyring.json`))
    throw new CliError(Exit.usage, `${folder} is a data directory; write to another place`);
  leave();
  const unfinished = `${folder}/.${basename(file)}.${process.pid}.part`;
  const handle = openSync(unfinished, "wx", 0o600);
  try {
    writeSync(handle, bytes);
    fsyncSync(handle);
    if (force) renameSync(unfinished, file);
    else linkSync(unfinished, file);
  } finally {
    closeSync(handle);
    rmSync(unfinished, { force: true });
  }
}
