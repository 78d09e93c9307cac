import type { Command } from "commander";
import { type Mark, MarkKind } from "../../protocol/bodies";
import { RecordingMode } from "../../protocol/open";
import { clockTime } from "../document/localtime";
import { nameOf, trustName, unitOf } from "../document/signal";
import type { RecordingInfo } from "../store/infos";
import type { StoreReader } from "../store/reader";
import { findingLines } from "./findinglines";
import { type DataOption, withReader } from "./reading";
import { lengthText, startText } from "./recordings";
import { revokedText } from "./revocations";
import type { Terminal } from "./terminal";
import { counted, localTime } from "./text";
import { drawTrace } from "./trace";

const STRIP_SECONDS = 6;
const STRIP_ROWS = 4;
const STRIP_COLUMNS = 72;
const MARKS: Record<number, string> = {
  [MarkKind.symptom]: "symptom",
  [MarkKind.leadOff]: "lead off",
  [MarkKind.leadOn]: "lead on",
  [MarkKind.ringNearlyFull]: "memory nearly full",
};
const MODES: Record<number, string> = {
  [RecordingMode.strip]: "strip",
  [RecordingMode.fixed]: "fixed length",
  [RecordingMode.continuous]: "continuous",
};

export function addShow(program: Command, terminal: Terminal): void {
  program
    .command("show <id>")
    .description("show one recording: what it is, its gaps, marks and findings, its first seconds")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((id: string, options: DataOption & { json?: boolean }) =>
      withReader(options, terminal, (reader) => {
        const info = reader.recording(id);
        const gaps = reader.gaps(info.id);
        const marks = reader.marks(info.id);
        const logged = loggedAs(reader, info);
        const analyses = reader.findings.of(info.id);
        if (options.json) return terminal.json({ ...info, marks, gaps, ...logged, analyses });
        for (const line of strip(reader, info)) terminal.print(line);
        for (const line of [...facts(info), ...logFacts(logged)]) terminal.print(line);
        const at = (sample: number) =>
          info.open ? clockTime((sample * info.open.rateDen) / info.open.rateNum) : `sample ${sample}`;
        for (const gap of gaps)
          terminal.print(
            `gap        ${counted(gap.samples, "sample")} at ${gap.firstSample} (${at(gap.firstSample)})`,
          );
        for (const mark of marks) terminal.print(`mark       ${at(mark.sample)} ${markName(mark)}`);
        for (const line of findingLines(info, reader.findings.telling(info.id))) terminal.print(line);
      }),
    );
}

function markName(mark: Mark): string {
  return MARKS[mark.kind] ?? `kind ${mark.kind}`;
}

interface LoggedAs {
  logged?: { log: number; origin: string; index: number; at: number; size: number };
  /** Of the close; undefined while there is none. */
  signature?: string;
}

function loggedAs({ log }: StoreReader, { id, adopted }: RecordingInfo): LoggedAs {
  const place = log.place(id);
  const over = place && log.checkpointOver(place.log, place.index);
  const { origin, index } = place ?? { origin: "", index: 0 };
  return {
    logged: over && { log: over.log, origin, index, at: over.at, size: over.size },
    signature: adopted ? "adopted" : log.signature(id),
  };
}

const SIGNATURES: Record<string, string> = {
  signed: "by its handheld",
  wrong: "NOT its handheld's",
  unchecked: "by its handheld, unchecked: its public table is not here ('avnode papers import' takes it)",
  sealed: "sealed only: a hub could have made it, too",
  adopted: "adopted: no handheld signed it",
};

function logFacts({ logged, signature }: LoggedAs): string[] {
  const pairs: [string, string][] = [
    [
      "logged",
      logged
        ? `as leaf ${logged.index} of log ${logged.log}, ${logged.origin}`
        : "not yet: it is once all of it is here",
    ],
  ];
  if (logged)
    pairs.push([
      "checkpoint",
      `of ${counted(logged.size, "leaf", "leaves")}, ${localTime(logged.at)} by the hub's clock`,
    ]);
  if (signature) pairs.push(["signed", SIGNATURES[signature]!]);
  return pairs.map(([name, value]) => `${name.padEnd(10)} ${value}`);
}

function facts(info: RecordingInfo): string[] {
  const { open } = info;
  const pairs: [string, string][] = [
    ["recording", `${info.id}${info.simulated ? "  SIMULATED: not a person's heart" : ""}`],
    ["handheld", `${info.device}, recording ${info.recording} of ownership ${info.epoch}`],
    ...(info.revoked
      ? [["revoked", `its handheld is ${revokedText(info.revoked)}`] as [string, string]]
      : []),
    ["state", [info.state, ...info.flags].join(", ")],
    ...(info.erasedAt === undefined
      ? []
      : [
          [
            "erased",
            `by owner, ${localTime(info.erasedAt)}: its samples are gone, its place in the log stays`,
          ] as [string, string],
        ]),
    ["start", `${startText(info)}, clock ${trustName(info.trust)}`],
    ["length", `${lengthText(info)}, ${counted(info.samples, "sample")} per lead, ${info.dropped} lost`],
    ["frames", `${info.frames} held, ${counted(info.holes, "hole")}`],
    ["of", info.person ?? "nobody yet"],
  ];
  if (open) {
    const { previous } = open;
    pairs.push(
      ["mode", MODES[open.mode] ?? String(open.mode)],
      ["rate", `${open.rateNum / open.rateDen} per second, ${open.bits} bits`],
      ["front end", `${open.frontEnd}, firmware ${open.firmware}`],
      [
        "previous",
        previous
          ? `recording ${previous.recording}, ${counted(previous.frames, "frame")}, ${previous.closed ? "closed" : "not closed"}`
          : "none",
      ],
      ...open.leads.map((lead, index): [string, string] => [
        "lead",
        `${nameOf(lead, index)}, ${lead.gain > 0 ? `${lead.gain} counts per ${unitOf(lead)}, zero at ${lead.baseline}` : "uncalibrated"}`,
      ]),
    );
  }
  return pairs.map(([name, value]) => `${name.padEnd(10)} ${value}`);
}

/** The first seconds of lead 1. */
function strip(reader: StoreReader, info: RecordingInfo): string[] {
  if (!info.open) return [];
  const window = new Float64Array(Math.ceil((STRIP_SECONDS * info.open.rateNum) / info.open.rateDen)).fill(
    Number.NaN,
  );
  for (const { firstSample, samples } of reader.pieces(info.id)) {
    if (firstSample >= window.length) break;
    samples[0]!.subarray(0, window.length - firstSample).forEach((value, i) => {
      window[firstSample + i] = value;
    });
  }
  return window.every(Number.isNaN) ? [] : drawTrace(window, STRIP_COLUMNS, STRIP_ROWS);
}
