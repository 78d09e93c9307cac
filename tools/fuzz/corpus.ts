/** Inputs kept in the repository, one a line in hexadecimal, so that a short run begins where a long one got to. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of one target's file. */
const MAX_FILE_BYTES = 6000;

const fileOf = (folder: string, target: string) => join(folder, `${target}.hex`);

export function readCorpus(folder: string, target: string): Uint8Array[] {
  const file = fileOf(folder, target);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => Buffer.from(line, "hex"));
}

/** Keeps the shortest inputs that fit. */
export function writeCorpus(folder: string, target: string, inputs: Uint8Array[]): void {
  let text = "";
  for (const input of inputs) {
    const line = `${Buffer.from(input).toString("hex")}\n`;
    if (input.length > 0 && text.length + line.length <= MAX_FILE_BYTES) text += line;
  }
  if (text === "") return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder, target), text);
}
