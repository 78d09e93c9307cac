import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { openRecording } from "../document/signal";
import { PAPERS, type PaperName } from "../report/paper";
import { noteLeaving } from "./leaving";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";

interface ReportCommandOptions extends DataOption {
  output: string;
  from?: number;
  to?: number;
  paper: PaperName;
  passwordFile?: string;
  proof: boolean;
  timeZone?: string;
  json?: boolean;
}

export function addReport(program: Command, terminal: Terminal): void {
  program
    .command("report <id>")
    .description("write a PDF for a doctor: true to scale, with findings and the proof inside")
    .requiredOption("-o, --output <file>", "file to write; one that is there is replaced")
    .option("--from <seconds>", "from here on, counted from the recording's start", seconds)
    .option("--to <seconds>", "up to here", seconds)
    .addOption(new Option("--paper <size>", "landscape").choices(PAPERS).default("a4"))
    .option("--time-zone <name>", "of the times in it, as Europe/Berlin; this machine's by default")
    .option("--password-file <file>", "ask whoever opens it for the password on the file's first line")
    .option("--no-proof", "leave out the proof, and with it the recording itself")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: ReportCommandOptions) => report(id, options, terminal));
}

async function report(id: string, options: ReportCommandOptions, terminal: Terminal): Promise<void> {
  const { output, paper, proof, timeZone, json } = options;
  const file = writable(output);
  const password = options.passwordFile === undefined ? undefined : passwordIn(options.passwordFile);
  if (timeZone !== undefined) requireTimeZone(timeZone);
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  // Loaded late: help and usage errors need neither.
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const { makeReport } = require("../report/report") as typeof import("../report/report");
  const reader = StoreReader.open(dataDir);
  try {
    const { id: recording, open } = openRecording(reader, id);
    const sample = (at?: number) =>
      at === undefined ? undefined : Math.round((at * open.rateNum) / open.rateDen);
    const bytes = await makeReport({ reader, dataDir }, recording, {
      ...{ from: sample(options.from), to: sample(options.to) },
      ...{ paper, proof, password, timeZone },
    });
    save(file, bytes, () => noteLeaving(dataDir, terminal, { recording, format: "report", file }));
    if (json) terminal.json({ id: recording, file, bytes: bytes.length });
    else terminal.print(file);
    if (proof) terminal.say("the proof in it discloses the whole ECG of this recording, and whose it is");
  } finally {
    reader.close();
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("give seconds, 0 or more.");
  return value;
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new CliError(Exit.usage, `there is no time zone '${timeZone}'; name one as Europe/Berlin`);
  }
}

/** PDF takes no more of it than 127 bytes. */
const MAX_PASSWORD_BYTES = 127;

function passwordIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(Exit.failed, `cannot read the password: ${(error as Error).message}`);
  }
  const [line] = text.split(/\r?\n/);
  if (!line) throw new CliError(Exit.usage, `the first line of ${file} is empty; write the password there`);
  if (Buffer.byteLength(line) > MAX_PASSWORD_BYTES)
    throw new CliError(
      Exit.usage,
      `the password in ${file} is longer than the ${MAX_PASSWORD_BYTES} bytes that PDF takes`,
    );
  return line;
}

/** Absolute. @throws CliError where something else than an older file would be overwritten */
function writable(output: string): string {
  if (output === "") throw new CliError(Exit.usage, "the output path is empty; give -o FILE.pdf");
  const file = resolve(output);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new CliError(Exit.usage, `${file} is not a file; name another`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new CliError(Exit.usage, `there is no folder ${folder}; make it first`);
  if (existsSync(`${folder}/keyring.json`))
    throw new CliError(Exit.usage, `${folder} is a data directory; write to another place`);
  return file;
}

/** A file of that name is whole or not there. */
function save(file: string, bytes: Uint8Array, leave: () => void): void {
  const unfinished = `${file}.part`;
  try {
    const handle = openSync(unfinished, "w", 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    leave();
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
