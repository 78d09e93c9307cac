/** `avnode analyze`: rhythm of WFDB records, over all cores, told in the order in which they were named. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { Wanted } from "./analyzed";
import type { Answer } from "./analyzeworker";
import { share } from "./crew";
import { recordsNamed } from "./records";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted } from "./text";

interface AnalyzeOptions {
  lead: string;
  json?: boolean;
  classes?: string;
}

export function addAnalyze(program: Command, terminal: Terminal, setExit: (code: number) => void): void {
  program
    .command("analyze <record...>")
    .description("beats, rhythm and signal quality of WFDB records, or of all records of a directory")
    .option("--lead <n>", "which lead, from 0", "0")
    .option("--json", "print JSON, one line per record")
    .option("--classes <set>", "print record,class instead: cinc2017 names whole strips N, A, O or ~")
    .action(async (names: string[], options: AnalyzeOptions) => {
      const wanted = wantedOf(options);
      const { records, errors } = recordsNamed(names, "analyze");
      for (const error of errors) terminal.fail(error);
      const bar = terminal.progress("analyzing", true);
      const task = { worker: "analyzeworker", threads: availableParallelism(), workerData: wanted };
      let failed = errors.length;
      try {
        bar.update(0, records.length);
        await share<Answer>(task, records, (answer, index) => {
          if (answer instanceof Error) {
            failed++;
            terminal.say(`avnode: cannot analyze ${records[index]}: ${answer.message}; try it alone`);
          } else if ("error" in answer) {
            failed++;
            const { exit, ...error } = answer.error;
            terminal.fail(exit === undefined ? error : new CliError(exit, error.message));
          } else for (const line of answer.lines) terminal.print(line);
          bar.update(index + 1, records.length);
        });
      } finally {
        bar.stop();
      }
      const all = records.length + errors.length;
      if (failed > 0) {
        setExit(Exit.failed);
        if (all > 1) terminal.say(`${counted(failed, "record")} of ${all} not analyzed`);
      }
      if (wanted.form === "text" && failed < all)
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
