/** `avnode score`: what we find in WFDB records, over all cores, held against their annotations after EC57. */
import type { Command } from "commander";
import { eachRecord } from "./eachrecord";
import type { Lack, Scored } from "./scored";
import { afTable, beatTable } from "./scoretables";
import { CliError, Exit, type Terminal } from "./terminal";
import { counted } from "./text";

interface ScoreOptions {
  lead: string;
  json?: boolean;
  af?: boolean;
}

export function addScore(program: Command, terminal: Terminal, setExit: (code: number) => void): void {
  program
    .command("score <record...>")
    .description(
      "hold beats, their classes, and fibrillation found in WFDB records, or in all records of a directory, against " +
        "their annotations (.atr) after EC57: beat by beat (150 ms), fibrillation by duration and by episode",
    )
    .option("--lead <n>", "which lead, from 0", "0")
    .option("--af", "fibrillation alone")
    .option("--json", "print JSON: each record, gross and average, with and without the first five minutes")
    .action(async (names: string[], options: ScoreOptions) => {
      if (!/^\d{1,3}$/.test(options.lead))
        throw new CliError(
          Exit.usage,
          `cannot score: --lead ${options.lead} is no number; leads count from 0`,
        );
      const work = { score: { lead: Number(options.lead), af: options.af === true } };
      const all: Scored[] = [];
      const { failed } = await eachRecord<Scored>(
        { verb: "score", doing: "scoring", done: "scored", work, printing: false },
        names,
        terminal,
        (scored) => all.push(scored),
      );
      if (failed > 0) setExit(Exit.failed);
      report(all, options, terminal);
    });
}

/** @throws CliError where there was nothing to compare */
function report(all: Scored[], options: ScoreOptions, terminal: Terminal): void {
  // Loaded late: help and usage errors need no detector.
  const { scoreOf } = require("../rhythm/score/record") as typeof import("../rhythm/score/record");
  const { afScoreOf } = require("../rhythm/score/rhythm") as typeof import("../rhythm/score/rhythm");
  const beats = all.flatMap((each) => each.beats ?? []);
  const af = all.flatMap((each) => each.af ?? []);
  const notes = lacking(all);
  if (beats.length + af.length === 0) {
    if (all.length === 0) return;
    throw new CliError(
      Exit.failed,
      `cannot score: ${notes.join("; ")}; put .hea, its signal and .atr side by side, or choose another set`,
    );
  }
  const set = options.af ? undefined : scoreOf(beats);
  const afSet = afScoreOf(af);
  if (options.json) {
    const lacks = all.filter((each) => each.lacks.length > 0).map(({ record, lacks }) => ({ record, lacks }));
    terminal.json(withNulls({ ...set, af: afSet, lacks }));
    return;
  }
  if (set && beats.length > 0) {
    for (const line of beatTable(set)) terminal.print(line);
    if (af.length > 0) terminal.print("");
  }
  if (af.length > 0) for (const line of afTable(afSet)) terminal.print(line);
  for (const note of notes) terminal.say(note);
  const paced = beats.filter((record) => record.paced).length;
  if (set && beats.length > 0)
    terminal.say(
      `${counted(beats.length, "record")} by ${set.detector}, beats in ventricular fibrillation left out` +
        `${paced === 0 ? "" : `; VEB and SVEB without ${counted(paced, "paced record")}`}`,
    );
  if (af.length > 0)
    terminal.say(
      `fibrillation of ${counted(af.length, "record")} by ${afSet.rhythm}; only what is annotated "(AFIB" is it, flutter is not`,
    );
}

const MOST_NAMED = 8;

const WORDS: Record<Lack, string> = {
  annotations: "no annotations, not compared",
  beats: "no beats annotated, none compared",
  signal: "no signal, beats not compared",
  rhythms: "no rhythm annotated, fibrillation not compared",
};

/** Which records lack what. */
function lacking(all: Scored[]): string[] {
  return (Object.keys(WORDS) as Lack[]).flatMap((lack) => {
    const records = all.filter(({ lacks }) => lacks.includes(lack)).map(({ record }) => record);
    const more = records.length > MOST_NAMED ? `, and ${records.length - MOST_NAMED} more` : "";
    return records.length === 0 ? [] : [`${WORDS[lack]}: ${records.slice(0, MOST_NAMED).join(", ")}${more}`];
  });
}

/** A share of nothing is null, not left out. */
function withNulls(value: unknown): unknown {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(withNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNulls(each)]));
}
