import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { BeatFigures } from "../rhythm/score/beats";
import type { RecordScore, SetScore } from "../rhythm/score/record";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, table } from "./text";

interface ScoreOptions {
  lead: string;
  json?: boolean;
}

export function addScore(program: Command, terminal: Terminal): void {
  program
    .command("score <dir>")
    .description("compare the beats found in WFDB records with their annotations, after EC57 (150 ms)")
    .option("--lead <n>", "which lead, from 0", "0")
    .option("--json", "print JSON")
    .action(async (dir: string, options: ScoreOptions) => {
      const lead = Number(options.lead);
      if (!/^\d+$/.test(options.lead))
        throw new CliError(
          Exit.usage,
          `cannot score ${dir}: --lead ${options.lead} is no number; leads count from 0`,
        );
      const paths = annotatedRecords(dir);
      // Loaded late: help and usage errors need no detector.
      const { scoreOf, scoreRecord } =
        require("../rhythm/score/record") as typeof import("../rhythm/score/record");
      const bar = terminal.progress("scoring");
      const records: RecordScore[] = [];
      try {
        for (const path of paths) {
          records.push(scored(() => scoreRecord(path, lead)));
          bar.update(records.length, paths.length);
          // So that the bar is drawn, and Ctrl-C heard.
          await new Promise(setImmediate);
        }
      } finally {
        bar.stop();
      }
      const set = scoreOf(records);
      if (options.json) return terminal.json(set);
      for (const line of lines(set)) terminal.print(line);
      terminal.say(
        `${counted(records.length, "record")}; ventricular fibrillation excluded; ${set.detector}`,
      );
    });
}

/** @throws CliError where there is none */
function annotatedRecords(dir: string): string[] {
  let names: Set<string>;
  try {
    names = new Set(readdirSync(dir));
  } catch (cause) {
    throw new CliError(
      Exit.failed,
      `cannot score ${dir}: ${(cause as Error).message}; name a directory of WFDB records`,
    );
  }
  const records = [...names]
    .filter((name) => name.endsWith(".hea") && names.has(name.replace(/hea$/, "atr")))
    .sort();
  if (records.length === 0)
    throw new CliError(
      Exit.failed,
      `cannot score ${dir}: no record there has annotations; put .hea, its signal and .atr side by side`,
    );
  return records.map((name) => join(dir, name));
}

function scored(score: () => RecordScore): RecordScore {
  try {
    return score();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(Exit.failed, `${error.message}; choose another lead or set`);
  }
}

/** Behind the first five minutes where there is more, else all. */
function lines(set: SetScore): string[] {
  const percent = (share: number | undefined) => (share === undefined ? "-" : (100 * share).toFixed(2));
  const row = (name: string, { found, missed, extra, ...shares }: BeatFigures, scope: string) => [
    name,
    scope,
    ...[found, missed, extra].map(String),
    percent(shares.sensitivity),
    percent(shares.positivePredictivity),
    percent(shares.f1),
  ];
  const mean = (name: string, of: SetScore["average"]["whole"], scope: string) => [
    name,
    scope,
    "-",
    "-",
    "-",
    percent(of.sensitivity),
    percent(of.positivePredictivity),
    percent(of.f1),
  ];
  return table(
    ["RECORD", "FROM", "FOUND", "MISSED", "EXTRA", "SE %", "PPV %", "F1 %"],
    [
      ...set.records.map(({ record, whole, learned }) =>
        row(record, learned ?? whole, learned ? "5 min" : "start"),
      ),
      row("gross", set.gross.learned, "5 min"),
      mean("average", set.average.learned, "5 min"),
      row("gross", set.gross.whole, "start"),
      mean("average", set.average.whole, "start"),
    ],
  );
}
