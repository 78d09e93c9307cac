/** `avnode analyze`: rhythm of WFDB records, over all cores, told in the order in which they were named. */
import type { Command } from "commander";
import type { Wanted } from "./analyzed";
import { eachRecord } from "./eachrecord";
import { CliError, Exit, type Terminal } from "./terminal";

interface AnalyzeOptions {
  lead: string;
  json?: boolean;
  classes?: string;
}

const VERB = { verb: "analyze", doing: "analyzing", done: "analyzed" };

export function addAnalyze(program: Command, terminal: Terminal, setExit: (code: number) => void): void {
  program
    .command("analyze <record...>")
    .description(
      "beats, rhythm and signal quality of WFDB records, or of all records of a directory; no diagnosis",
    )
    .option("--lead <n>", "which lead, from 0", "0")
    .option("--json", "print JSON, one line per record: record, fs, beats, episodes, quality, summary")
    .option(
      "--classes <set>",
      "print record,class instead: cinc2017 names whole strips N (normal), A (possible AF), O (other) or ~ (noise)",
    )
    .action(async (names: string[], options: AnalyzeOptions) => {
      const wanted = wantedOf(options);
      const { records, failed } = await eachRecord<string[]>(
        { ...VERB, work: { analyze: wanted }, printing: true },
        names,
        terminal,
        (lines) => {
          for (const line of lines) terminal.print(line);
        },
      );
      if (failed > 0) setExit(Exit.failed);
      if (wanted.form === "text" && failed < records)
        terminal.say(
          "· sinus, A possible AF, T fast, B slow, E extra beats, V ventricular run, p pause, o irregular, ? not readable. " +
            "Found by a program that can err; no diagnosis",
        );
    });
}

function wantedOf({ lead, json, classes }: AnalyzeOptions): Wanted {
  if (!/^\d{1,3}$/.test(lead))
    throw new CliError(Exit.usage, `cannot analyze: --lead ${lead} is no number; leads count from 0`);
  if (classes !== undefined && classes !== "cinc2017")
    throw new CliError(Exit.usage, `cannot analyze: --classes ${classes} is not known; there is cinc2017`);
  if (classes !== undefined && json)
    throw new CliError(Exit.usage, "cannot analyze: --classes prints CSV; leave out --json");
  return { lead: Number(lead), form: classes ? "cinc2017" : json ? "json" : "text" };
}
