/** A JSON file with a secret in it, as commands take one. */
import { readFileSync, statSync } from "node:fs";
import type { z } from "zod";
import { CliError, Exit } from "./terminal";

/** @throws CliError */
export function readDetails<T extends z.ZodType>(file: string, schema: T): z.output<T> {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new CliError(
        Exit.failed,
        `${file} can be read by others on this machine; run: chmod 600 ${file}`,
      );
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(Exit.failed, `cannot read ${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words may cite a password.
    throw new CliError(Exit.usage, `${file} is no JSON; correct it`);
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new CliError(Exit.usage, `${file}: ${issue!.path.join(".")}: ${issue!.message}`);
}
