import type { Command } from "commander";
import type { StatusReport } from "../backup/status";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { lostLines } from "./restore";
import type { Terminal } from "./terminal";
import { ago, bytesText, counted, table } from "./text";

export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command("status")
    .description("how the hub is: disk, handhelds, log, backups and mirrors, and what to do next")
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action((options: DataOption & { json?: boolean }) => {
      const dataDir = dataDirOf(options, terminal);
      requireData(dataDir, terminal);
      const { statusOf } = require("../backup/status") as typeof import("../backup/status");
      const now = Date.now();
      const report = statusOf(dataDir, now);
      if (options.json) return terminal.json(report);
      for (const line of lines(report, now)) terminal.print(line);
    });
}

function lines(report: StatusReport, now: number): string[] {
  const { recordings, log, disk } = report;
  const since = (at: number | undefined) => (at === undefined ? "never" : ago(now - at));
  const facts: [string, string][] = [
    ["hub", report.running ? "running" : "not running"],
    ["data", `${report.dataDir}, ${bytesText(disk.freeBytes)} free (${disk.freePercent} %)`],
    [
      "recordings",
      `${recordings.all}, ${recordings.running} running, ${recordings.erased} erased; newest frame ${since(report.lastFrameAt)}`,
    ],
    [
      "log",
      `${log.size} ${log.size === 1 ? "leaf" : "leaves"}, newest checkpoint ${since(log.checkpointAt)}`,
    ],
    ...report.handhelds.map(({ id, lastContact, backlog }): [string, string] => [
      "handheld",
      `${id}, last contact ${since(lastContact)}${backlog ? `, ${counted(backlog, "frame")} to come` : ""}`,
    ]),
  ];
  const rows = report.copies.map(({ place, kind, verifiedAt, ok, late, detail }) => [
    place,
    kind,
    since(verifiedAt),
    ok ? (late ? "LATE" : "ok") : "FAILED",
    detail,
  ]);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(10)} ${value}`),
    ...(rows.length > 0 ? table(["COPY", "KIND", "VERIFIED", "STATE", ""], rows) : ["copies     none"]),
    ...(report.lost ? lostLines(report.lost) : []),
    ...report.advice.map((text) => `do next    ${text}`),
  ];
}
