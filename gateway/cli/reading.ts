/** Opening a data directory to read, for the commands that do. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultDataDir } from "../config/places";
import type { StoreReader } from "../store/reader";
import { CliError, Exit, type Terminal } from "./terminal";

export interface DataOption {
  data?: string;
}

export function dataDirOf(options: DataOption, { env }: Terminal): string {
  return options.data ?? defaultDataDir("home", env);
}

/** @throws CliError where nothing was ever recorded */
export function requireData(dataDir: string, { env }: Terminal): void {
  if (existsSync(join(dataDir, "avnode.db"))) return;
  const elsewhere = (["home", "demo", "import"] as const)
    .map((kind) => defaultDataDir(kind, env))
    .filter((dir) => dir !== dataDir && existsSync(join(dir, "avnode.db")));
  const remedy =
    elsewhere.length > 0
      ? `there is one in ${elsewhere.join(" and in ")}: name it with --data`
      : "run 'avnode start' first, or name another directory with --data";
  throw new CliError(Exit.failed, `no data in ${dataDir}: nothing was recorded there yet; ${remedy}`);
}

export function withReader<T>(options: DataOption, terminal: Terminal, use: (reader: StoreReader) => T): T {
  const reader = openReader(options, terminal);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

/** The same for what takes turns of the event loop. */
export async function whileReading<T>(
  options: DataOption,
  terminal: Terminal,
  use: (reader: StoreReader) => Promise<T>,
): Promise<T> {
  const reader = openReader(options, terminal);
  try {
    return await use(reader);
  } finally {
    reader.close();
  }
}

function openReader(options: DataOption, terminal: Terminal): StoreReader {
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  // Loaded late: help and usage errors need no database.
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  return StoreReader.open(dataDir);
}
