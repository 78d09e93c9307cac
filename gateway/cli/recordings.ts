import type { Command } from "commander";
import { clockTime } from "../document/localtime";
import type { RecordingInfo } from "../store/infos";
import { type DataOption, withReader } from "./reading";
import type { Terminal } from "./terminal";
import { localTime, table } from "./text";

export function addRecordings(program: Command, terminal: Terminal): void {
  program
    .command("recordings")
    .description("list recordings")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { json?: boolean }) => {
      const recordings = withReader(options, terminal, (reader) => reader.recordings());
      if (options.json) return terminal.json({ recordings });
      if (recordings.length === 0) terminal.say("no recording yet");
      else for (const line of table(HEAD, recordings.map(rowOf))) terminal.print(line);
    });
}

const HEAD = [
  "ID",
  "START",
  "LENGTH",
  "LEADS",
  "RATE",
  "STATE",
  "FRAMES",
  "HOLES",
  "LOST",
  "MARKS",
  "OF",
  "",
];

function rowOf(info: RecordingInfo): string[] {
  return [
    info.id,
    startText(info),
    lengthText(info),
    String(info.open?.leads.length ?? "-"),
    info.open ? String(info.open.rateNum / info.open.rateDen) : "-",
    info.erasedAt === undefined ? info.state : `erased by owner, ${localTime(info.erasedAt).slice(0, 10)}`,
    String(info.frames),
    String(info.holes),
    String(info.dropped),
    String(info.marks),
    info.person ?? "-",
    [
      ...(info.simulated ? ["SIMULATED"] : []),
      ...(info.adopted ? ["adopted"] : []),
      ...(info.revoked ? ["REVOKED"] : []),
      ...info.flags,
    ].join(" "),
  ];
}

export function startText(info: RecordingInfo): string {
  return info.startMs > 0 ? localTime(info.startMs) : "unknown";
}

export function lengthText({ open, samples }: RecordingInfo): string {
  return open ? clockTime((samples * open.rateDen) / open.rateNum) : "-";
}
