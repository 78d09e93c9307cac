import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat } from "../schema/exportformats";
import { noteLeaving } from "./leaving";
import { type DataOption, dataDirOf, whileReading } from "./reading";
import { FROM_HELP, type StretchOptions, stretchOf, TO_HELP } from "./stretch";
import { CliError, Exit, type Terminal } from "./terminal";

interface ExportOptions extends DataOption, StretchOptions {
  format: ExportFormat;
  output: string;
  nameless?: boolean;
  json?: boolean;
}

export function addExport(program: Command, terminal: Terminal): void {
  program
    .command("export <id>")
    .description("write a recording, or a stretch of it, in a format that others read")
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS).makeOptionMandatory())
    .requiredOption("-o, --output <path>", "record or file to write, or a directory to write it into")
    .option("--from <moment>", FROM_HELP)
    .option("--to <moment>", TO_HELP)
    .option("--nameless", "leave out whose it is, where the format has a place for that")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: ExportOptions) =>
      whileReading(options, terminal, async (reader) => {
        const { studyOf } = require("../document/study") as typeof import("../document/study");
        const { openRecording } = require("../document/signal") as typeof import("../document/signal");
        const { FORMATS } = require("../export/formats") as typeof import("../export/formats");
        const { saveFiles } = require("../export/save") as typeof import("../export/save");
        const { format } = options;
        const { endings, cuts, make } = FORMATS[format];
        const dataDir = dataDirOf(options, terminal);
        const info = openRecording(reader, id);
        if (!cuts && (options.from ?? options.to) !== undefined)
          throw new CliError(Exit.usage, `a ${format} is of the whole recording; leave out --from and --to`);
        const { dir, name, asked } = target(options.output, info.id, endings);
        const whole = studyOf(reader, info.id, stretchOf(info, options));
        const study = options.nameless ? { ...whole, person: undefined } : whole;
        const made = await make({ reader, study, dataDir, name: fileName(name) });
        const placed = made.map((file) => {
          const alone = asked ?? `${name}${extname(file.name)}`;
          return { file, path: join(dir, made.length > 1 ? file.name : alone) };
        });
        for (const { path } of placed) requireReplaceable(path);
        mkdirSync(dir, { recursive: true });
        noteLeaving(dataDir, terminal, { recording: info.id, format, file: placed[0]!.path });
        const files = saveFiles(placed);
        if (format === "edf" && files[0]!.endsWith(".bdf"))
          terminal.say(
            "a sample of it needs more than EDF+'s 16 bits: it is BDF+, which is the same with 24",
          );
        if (options.json) terminal.json({ id: info.id, format, files });
        else for (const file of files) terminal.print(file);
      }),
    );
}

/** What a record may be called within its own files: formats allow little. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

/**
 * @param id names the files where `output` is a directory
 * @param endings of the format's files: one that was given is exchanged for the right one
 * @returns asked: the one file's name, where it was given with an ending of its own
 * @throws CliError
 */
function target(
  output: string,
  id: string,
  endings: string[],
): { dir: string; name: string; asked?: string } {
  if (output === "") throw new CliError(Exit.usage, "the output path is empty; give -o PATH");
  const isDirectory =
    output.endsWith("/") || (statSync(output, { throwIfNoEntry: false })?.isDirectory() ?? false);
  const path = resolve(isDirectory ? join(output, id) : output);
  const dir = dirname(path);
  if (existsSync(join(dir, "keyring.json")))
    throw new CliError(Exit.usage, `${dir} is a data directory; export to another place`);
  const given = basename(path);
  const ending = endings.find((each) => given.endsWith(each));
  if (ending) return { dir, name: given.slice(0, -ending.length) };
  return { dir, name: given, asked: extname(given) === "" ? undefined : given };
}

/** @throws CliError where something else than an older export would be overwritten */
function requireReplaceable(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile())
    throw new CliError(Exit.usage, `${path} is not a file that could be replaced; name another`);
}
