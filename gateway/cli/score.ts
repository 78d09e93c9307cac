import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { BeatFigures } from "../rhythm/score/beats";
import type { RecordScore, SetScore } from "../rhythm/score/record";
import { scoreFibrillation } from "./scoreaf";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, table } from "./text";

interface ScoreOptions {
  lead: string;
  json?: boolean;
  af?: boolean;
}

export function addScore(program: Command, terminal: Terminal): void {
  program
    .command("score <dir>")
    .description(
      "compare the beats found in WFDB records, and their classes, with their annotations, after EC57 (150 ms)",
    )
    .option("--lead <n>", "which lead, from 0", "0")
    .option("--af", "compare atrial fibrillation instead: by duration, by episode, and in windows of 30 s")
    .option("--json", "print JSON")
    .action(async (dir: string, options: ScoreOptions) => {
      const lead = Number(options.lead);
      if (!/^\d+$/.test(options.lead))
        throw new CliError(
          Exit.usage,
          `cannot score ${dir}: --lead ${options.lead} is no number; leads count from 0`,
        );
      const paths = annotatedRecords(dir);
      if (options.af) return await scoreFibrillation(paths, lead, terminal, options.json === true);
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
      const paced = records.filter((record) => record.paced).length;
      terminal.say(
        `${counted(records.length, "record")}; ventricular fibrillation excluded; ` +
          `${paced === 0 ? "" : `VEB and SVEB without ${counted(paced, "paced record")}; `}${set.detector}`,
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

export function scored<Score>(score: () => Score): Score {
  try {
    return score();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(Exit.failed, `${error.message}; choose another lead or set`);
  }
}

/** Behind the first five minutes where there is more, else all. */
function lines(set: SetScore): string[] {
  const unpaced = set.records.filter(({ paced }) => !paced);
  return table(
    ["RECORD", "OF", "FROM", "FOUND", "MISSED", "EXTRA", "SE %", "PPV %", "F1 %"],
    [
      ...rows("beats", set.records, set),
      ...rows(
        "VEB",
        unpaced.map(({ record, veb }) => ({ record, ...veb })),
        set.veb,
      ),
      ...rows(
        "SVEB",
        unpaced.map(({ record, sveb }) => ({ record, ...sveb })),
        set.sveb,
      ),
    ],
  );
}

function rows(
  of: string,
  records: Pick<RecordScore, "record" | "whole" | "learned">[],
  totals: Pick<SetScore, "gross" | "average">,
): string[][] {
  const percent = (share: number | undefined) => (share === undefined ? "-" : (100 * share).toFixed(2));
  const row = (name: string, { found, missed, extra, ...shares }: BeatFigures, scope: string) => [
    name,
    of,
    scope,
    ...[found, missed, extra].map(String),
    percent(shares.sensitivity),
    percent(shares.positivePredictivity),
    percent(shares.f1),
  ];
  const mean = (shares: SetScore["average"]["whole"], scope: string) => [
    "average",
    of,
    scope,
    "-",
    "-",
    "-",
    percent(shares.sensitivity),
    percent(shares.positivePredictivity),
    percent(shares.f1),
  ];
  return [
    ...records.map(({ record, whole, learned }) =>
      row(record, learned ?? whole, learned ? "5 min" : "start"),
    ),
    row("gross", totals.gross.learned, "5 min"),
    mean(totals.average.learned, "5 min"),
    row("gross", totals.gross.whole, "start"),
    mean(totals.average.whole, "start"),
  ];
}
