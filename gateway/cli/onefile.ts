/** A document that a command writes into one file. */
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CliError, Exit } from "./terminal";

/** Absolute. @throws CliError where something else than an older file would be overwritten */
export function writable(output: string): string {
  if (output === "") throw new CliError(Exit.usage, "the output path is empty; give -o FILE");
  const file = resolve(output);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new CliError(Exit.usage, `${file} is not a file; name another`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new CliError(Exit.usage, `there is no folder ${folder}; make it first`);
  if (existsSync(`${folder}/keyring.json`))
    throw new CliError(Exit.usage, `${folder} is a data directory; write to another place`);
  return file;
}

/** For its owner alone. A file of that name is whole or not there. @param leave told before it is there */
export function saveFile(path: string, bytes: Uint8Array, leave: () => void): void {
  const { smallFile } = require("../export/pieces") as typeof import("../export/pieces");
  const { saveFiles } = require("../export/save") as typeof import("../export/save");
  leave();
  saveFiles([{ file: smallFile(path, () => bytes), path }]);
}
