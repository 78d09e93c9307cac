import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { StoreReader } from "../store/reader";
import { noteLeaving } from "./leaving";
import { type DataOption, dataDirOf, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

interface ExportOptions extends DataOption {
  format: "wfdb" | "csv";
  output: string;
  json?: boolean;
}

export function addExport(program: Command, terminal: Terminal): void {
  program
    .command("export <id>")
    .description("write a recording in a format that others read")
    .addOption(
      new Option("--format <format>", "what to write").choices(["wfdb", "csv"]).makeOptionMandatory(),
    )
    .requiredOption("-o, --output <path>", "record or file to write, or a directory to write it into")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: ExportOptions) =>
      withReader(options, terminal, (reader) => {
        const info = reader.recording(id);
        const { format } = options;
        const leave = (file: string) =>
          noteLeaving(dataDirOf(options, terminal), terminal, { recording: info.id, format, file });
        const files = (format === "wfdb" ? toWfdb : toCsv)(reader, info.id, options.output, leave);
        if (options.json) terminal.json({ id: info.id, format, files });
        else for (const file of files) terminal.print(file);
      }),
    );
}

function toWfdb(reader: StoreReader, id: string, output: string, leave: (file: string) => void): string[] {
  const { exportWfdb } = require("../export/wfdb") as typeof import("../export/wfdb");
  const path = target(output.replace(/\.(hea|dat)$/, ""), id, [".hea", ".dat"]);
  leave(`${path}.dat`);
  exportWfdb(reader, id, dirname(path), basename(path));
  return [`${path}.hea`, `${path}.dat`];
}

function toCsv(reader: StoreReader, id: string, output: string, leave: (file: string) => void): string[] {
  const { exportCsv } = require("../export/csv") as typeof import("../export/csv");
  const path = target(output, `${id}.csv`, [""]);
  leave(path);
  // A file of that name is whole or not there.
  const unfinished = `${path}.part`;
  const file = openSync(unfinished, "w");
  try {
    exportCsv(reader, id, (text) => writeSync(file, text));
    renameSync(unfinished, path);
  } finally {
    closeSync(file);
    rmSync(unfinished, { force: true });
  }
  return [path];
}

/**
 * Absolute path; its directory is there.
 * @param name of the file when `output` is a directory
 * @param endings of the files that will be written
 * @throws CliError where something else than an older export would be overwritten
 */
function target(output: string, name: string, endings: string[]): string {
  if (output === "") throw new CliError(Exit.usage, "the output path is empty; give -o PATH");
  const isDirectory =
    output.endsWith("/") || (statSync(output, { throwIfNoEntry: false })?.isDirectory() ?? false);
  const path = resolve(isDirectory ? join(output, name) : output);
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(join(dirname(path), "keyring.json")))
    throw new CliError(Exit.usage, `${dirname(path)} is a data directory; export to another place`);
  for (const ending of endings) {
    const there = statSync(path + ending, { throwIfNoEntry: false });
    if (there && !there.isFile())
      throw new CliError(Exit.usage, `${path}${ending} is not a file that could be replaced; name another`);
  }
  return path;
}
