/** `avnode analyze`: rhythm of WFDB records, over all cores, told in the order in which they were named. */
import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { headerPath } from "../wfdb/header";
import type { Wanted } from "./analyzed";
import type { Answer } from "./analyzeworker";
import { share } from "./crew";
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
      const paths = names.flatMap(recordsOf);
      const bar = terminal.progress("analyzing");
      const task = { worker: "analyzeworker", threads: availableParallelism(), workerData: wanted };
      let failed = 0;
      try {
        await share<Answer>(task, paths, (answer, index) => {
          if (answer instanceof Error) {
            failed++;
            terminal.say(`avnode: cannot analyze ${paths[index]}: ${answer.message}; try it alone`);
          } else if ("error" in answer) {
            failed++;
            const { exit, ...error } = answer.error;
            terminal.fail(exit === undefined ? error : new CliError(exit, error.message));
          } else for (const line of answer.lines) terminal.print(line);
          bar.update(index + 1, paths.length);
        });
      } finally {
        bar.stop();
      }
      if (failed > 0) {
        setExit(Exit.failed);
        if (paths.length > 1) terminal.say(`${counted(failed, "record")} of ${paths.length} not analyzed`);
      }
      if (wanted.form === "text" && failed < paths.length)
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

/** A record as it is named, or all of a directory. @throws CliError where there is none */
function recordsOf(name: string): string[] {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    const found = readdirSync(name).filter((file) => file.endsWith(".hea"));
    if (found.length > 0) return found.sort().map((file) => join(name, file));
    throw new CliError(
      Exit.failed,
      `cannot analyze ${name}: no record there; put a .hea beside each signal, or name another directory`,
    );
  }
  // Signal and annotation files are named by whoever lets a shell complete.
  const base = stats?.isFile() ? name.replace(/\.(hea|dat|mat|atr)$/, "") : name;
  if (statSync(headerPath(base), { throwIfNoEntry: false })?.isFile()) return [base];
  throw new CliError(
    Exit.failed,
    `cannot analyze ${name}: there is no ${headerPath(base)}; name a WFDB record or a directory of them`,
  );
}
