import { statSync } from "node:fs";
import type { Command } from "commander";
import { isSound } from "../store/infos";
import { readKeptFile } from "./kept";
import { isProofFile, type TrustOptions, verifyFile } from "./prooffile";
import { type DataOption, dataDirOf, requireData, withReader } from "./reading";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, table } from "./text";

type VerifyOptions = DataOption & TrustOptions & { against?: string };

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
    .action((what: string | undefined, options: VerifyOptions) => {
      if (what !== undefined && isProofFile(what)) {
        refuseOptions(what, options, ["against"], "is about a store's own log; this is a proof FILE");
        refuseDirectory(what);
        return exit(verifyFile(what, options, terminal));
      }
      refuseOptions(what ?? "everything", options, ["trust", "revocations"], "is for a proof FILE");
      if (what !== undefined) requireId(what, options, terminal);
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
      const bad = report.recordings.filter((each) => !isSound(each.verdict)).length;
      const erased = report.recordings.filter((each) => each.verdict === "erased").length;
      if (report.ok) {
        const adopted = report.recordings.filter((each) => each.verdict === "adopted").length;
        const others = [
          ...(erased > 0 ? [`${erased} that the owner erased`] : []),
          ...(adopted > 0 ? [`${adopted} adopted, which no handheld signed`] : []),
        ];
        const but = others.length > 0 ? `, but for ${others.join(" and ")}` : "";
        terminal.say(`${counted(rows.length, "recording")}, all authentic${but}`);
      } else {
        const problems = report.problems.length + report.missing.length;
        terminal.say(
          `not authentic: ${bad} of ${counted(rows.length, "recording")}, ${counted(problems, "problem")} of the store`,
        );
      }
    });
}

/** @throws CliError for an option that would be passed over in silence */
function refuseOptions(
  what: string,
  options: VerifyOptions,
  names: ("against" | "trust" | "revocations")[],
  why: string,
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given) throw new CliError(Exit.usage, `cannot verify ${what}: --${given} ${why}; leave it out`);
}

/** @throws CliError */
function refuseDirectory(what: string): void {
  if (!statSync(what, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new CliError(
    Exit.usage,
    `cannot verify ${what}: it is a directory; name a data directory with --data, or a proof file in it`,
  );
}

/** @throws CliError for what can be no ID, and for one where there is no store */
function requireId(what: string, options: DataOption, terminal: Terminal): void {
  if (!/^[0-9a-f]+(-\d+-\d+)?$/.test(what)) {
    throw new CliError(
      Exit.failed,
      `cannot verify ${what}: there is no such file here, and IDs are hexadecimal; 'avnode recordings' lists them, a file elsewhere is named with its path`,
    );
  }
  try {
    requireData(dataDirOf(options, terminal), terminal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.exit, `${error.message}; if ${what} is a proof file, write ./${what}`);
  }
}
