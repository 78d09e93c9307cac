import { type Command, InvalidArgumentError } from "commander";
import { DEFAULT_DAYS, MAX_DAYS, MAX_LABEL } from "../schema/formbounds";
import { noteLeaving } from "./leaving";
import { saveFile, writable } from "./onefile";
import { type DataOption, dataDirOf, withReader } from "./reading";
import type { Terminal } from "./terminal";

interface FormCommandOptions extends DataOption {
  output: string;
  label?: string;
  days: number;
  json?: boolean;
}

export function addForm(program: Command, terminal: Terminal): void {
  program
    .command("form <id>")
    .description("write a form that a doctor answers on without any network; 'avnode adopt' takes the answer")
    .requiredOption("-o, --output <file>", "HTML file to write; one that is there is replaced")
    .option("--label <name>", "for whom it is", label)
    .option("--days <number>", `how long an answer is taken, up to ${MAX_DAYS}`, days, DEFAULT_DAYS)
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: FormCommandOptions) => form(id, options, terminal));
}

function form(id: string, options: FormCommandOptions, terminal: Terminal): void {
  const { output, label: to, days: open, json } = options;
  const file = writable(output);
  const dataDir = dataDirOf(options, terminal);
  withReader(options, terminal, (reader) => {
    const { makeForm } = require("../answers/form") as typeof import("../answers/form");
    const { id: recording } = reader.recording(id);
    const bytes = makeForm(reader, recording, { label: to, days: open, now: Date.now() });
    saveFile(file, bytes, () => noteLeaving(dataDir, terminal, { recording, format: "form", file }));
    if (json) terminal.json({ id: recording, file, bytes: bytes.length });
    else terminal.print(file);
    terminal.say("whoever has it sees this recording's findings, and whose it is, and can answer once");
  });
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MAX_DAYS)
    throw new InvalidArgumentError(`give whole days, 1 to ${MAX_DAYS}.`);
  return value;
}

function label(text: string): string {
  const { lineSchema } = require("../schema/common") as typeof import("../schema/common");
  const { success, data } = lineSchema(MAX_LABEL).min(1).safeParse(text);
  if (!success) throw new InvalidArgumentError(`give one line of at most ${MAX_LABEL} characters.`);
  return data;
}
