/** The file of `avnode verify --against`: a checkpoint that was written down, or a proof that was given away. */
import { readFileSync, statSync } from "node:fs";
import { CliError, Exit } from "./terminal";

/** Beyond any proof of a day. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws CliError */
export function readKeptFile(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than a proof has`);
    return readFileSync(file);
  } catch (error) {
    throw new CliError(
      Exit.failed,
      `cannot read the kept checkpoint or proof: ${(error as Error).message}; 'avnode checkpoint -o FILE' writes one`,
    );
  }
}
