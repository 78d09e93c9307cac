import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { openRecording } from "../document/signal";
import type { ProofState } from "../report/evidence";
import { PAPERS, type PaperName } from "../report/paper";
import { LANGUAGES, type Language } from "../words/words";
import { noteLeaving } from "./leaving";
import { saveFile, writable } from "./onefile";
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
  language: Language;
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
    .addOption(new Option("--language <language>", "that it is in").choices(LANGUAGES).default("en"))
    .option("--password-file <file>", "ask whoever opens it for the password on the file's first line")
    .option("--no-proof", "leave out the proof, and with it the recording itself")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: ReportCommandOptions) => report(id, options, terminal));
}

async function report(id: string, options: ReportCommandOptions, terminal: Terminal): Promise<void> {
  const { output, paper, proof, timeZone, language, json } = options;
  const file = writable(output);
  const password = options.passwordFile === undefined ? undefined : passwordIn(options.passwordFile);
  if (timeZone !== undefined) requireTimeZone(timeZone);
  const dataDir = dataDirOf(options, terminal);
  requireData(dataDir, terminal);
  // Loaded late: help and usage errors need none of these.
  const { StoreReader } = require("../store/reader") as typeof import("../store/reader");
  const { makeReport } = require("../report/report") as typeof import("../report/report");
  const reader = StoreReader.open(dataDir);
  try {
    const { id: recording, open } = openRecording(reader, id);
    const sample = (at?: number) =>
      at === undefined ? undefined : Math.round((at * open.rateNum) / open.rateDen);
    const made = await makeReport({ reader, dataDir }, recording, {
      ...{ from: sample(options.from), to: sample(options.to) },
      ...{ paper, proof, password, timeZone, language },
    });
    saveFile(file, made.bytes, () => noteLeaving(dataDir, terminal, { recording, format: "report", file }));
    if (json) terminal.json({ id: recording, file, bytes: made.bytes.length, proof: made.proof });
    else terminal.print(file);
    const said = PROOFS[made.proof];
    if (said) terminal.say(said);
  } finally {
    reader.close();
  }
}

/** What whoever passes it on has to know. */
const PROOFS: Partial<Record<ProofState, string>> = {
  inside: "the proof in it discloses the whole ECG of this recording, and whose it is",
  "too-large":
    "the proof is not in it: it would be larger than the 64 MB that a verifier reads. 'avnode verify' checks the recording here",
  "not-logged": "the proof is not in it: the recording is not in the log yet. Make the report again later",
};

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
