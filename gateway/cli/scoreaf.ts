/** `avnode score --af`: records' atrial fibrillation, one after the other. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AfFigures } from "../rhythm/score/af";
import type { AfRecordScore, AfSetScore } from "../rhythm/score/rhythm";
import { readAnnotations } from "../wfdb/annotations";
import { readHeader } from "../wfdb/header";
import { scored } from "./score";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted, table } from "./text";

/** @param paths of headers with annotations beside them; a record without its signal is judged by its annotated beats */
export async function scoreFibrillation(
  paths: string[],
  lead: number,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  // Loaded late: help and usage errors need no models.
  const { afScoreOf, hasRhythms, scoreAf } =
    require("../rhythm/score/rhythm") as typeof import("../rhythm/score/rhythm");
  const told = paths.filter((path) => hasRhythms(readAnnotations(path.replace(/hea$/, "atr"))));
  if (told.length === 0)
    throw new CliError(
      Exit.failed,
      `cannot score ${dirname(paths[0]!)}: no annotation there names a rhythm; choose another set`,
    );
  const bar = terminal.progress("scoring");
  const records: AfRecordScore[] = [];
  try {
    for (const path of told) {
      records.push(scored(() => scoreAf(path, lead, hasSignal(path))));
      bar.update(records.length, told.length);
      // So that the bar is drawn, and Ctrl-C heard.
      await new Promise(setImmediate);
    }
  } finally {
    bar.stop();
  }
  const set = afScoreOf(records);
  if (json) return terminal.json(set);
  for (const line of lines(set)) terminal.print(line);
  terminal.say(
    `${counted(records.length, "record")}; fibrillation is what is annotated (AFIB; ${set.rhythm}`,
  );
}

function hasSignal(path: string): boolean {
  return readHeader(path).signals.every(({ fileName }) => existsSync(join(dirname(path), fileName)));
}

function lines(set: AfSetScore): string[] {
  const percent = (share: number | undefined) => (share === undefined ? "-" : (100 * share).toFixed(2));
  const row = (name: string, by: string, figures: AfFigures) => [
    name,
    by,
    `${figures.found}/${figures.episodes}`,
    `${figures.right}/${figures.answers}`,
    percent(figures.durationSensitivity),
    percent(figures.durationPositivePredictivity),
    percent(figures.windowSensitivity),
    percent(figures.windowSpecificity),
    percent(figures.falseShare),
  ];
  return table(
    ["RECORD", "BY", "FOUND", "RIGHT", "TIME SE %", "TIME PPV %", "30 S SE %", "30 S SP %", "FALSE %"],
    [...set.records.map((each) => row(each.record, each.by, each)), row("gross", "", set.gross)],
  );
}
