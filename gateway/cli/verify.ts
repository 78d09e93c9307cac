import type { Command } from "commander";
import { readKeptFile } from "./kept";
import { isProofFile, type TrustOptions, verifyFile } from "./prooffile";
import { type DataOption, withReader } from "./reading";
import { Exit, type Terminal } from "./terminal";
import { counted, table } from "./text";

export function addVerify(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command("verify [what]")
    .description(
      "verify every recording, one by its ID, or a proof FILE from elsewhere: exit code 0 when authentic, else 1",
    )
    .option("--against <file>", "a checkpoint or a proof that was kept elsewhere: the log must go on from it")
    .option("--trust <file>", "of a proof file: whose makers, hubs and witnesses you trust")
    .option("--revocations <file>", "of a proof file: a maker's list of units no longer to be believed")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((what: string | undefined, options: DataOption & TrustOptions & { against?: string }) => {
      if (what !== undefined && isProofFile(what)) return exit(verifyFile(what, options, terminal));
      const id = what;
      const against = options.against === undefined ? undefined : readKeptFile(options.against);
      const progress = terminal.progress("verifying");
      const report = withReader(options, terminal, (reader) => {
        try {
          return reader.verify(id, (done, total) => progress.update(done, total), { against });
        } finally {
          progress.stop();
        }
      });
      exit(report.ok ? Exit.done : Exit.no);
      if (options.json) return terminal.json(report);
      const rows = report.recordings.map((each) => [
        each.id,
        each.verdict.toUpperCase(),
        String(each.frames),
        String(each.samples),
        each.notes.join(", "),
      ]);
      if (rows.length > 0)
        for (const line of table(["ID", "VERDICT", "FRAMES", "SAMPLES", "NOTES"], rows)) terminal.print(line);
      for (const each of report.recordings)
        for (const problem of each.problems) terminal.print(`${each.id}: ${problem}`);
      for (const note of report.notes) terminal.print(`store: ${note}`);
      for (const problem of report.problems) terminal.print(`store: ${problem}`);
      for (const each of report.missing) terminal.print(`store: missing: ${each}`);
      const bad = report.recordings.filter((each) => each.verdict !== "authentic").length;
      if (report.ok) terminal.say(`${counted(rows.length, "recording")}, all authentic`);
      else {
        const problems = report.problems.length + report.missing.length;
        terminal.say(
          `not authentic: ${bad} of ${counted(rows.length, "recording")}, ${counted(problems, "problem")} of the store`,
        );
      }
    });
}
