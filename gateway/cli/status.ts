import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { StatusReport } from "../backup/status";
import { clockTime } from "../document/localtime";
import type { AnalysisStatus } from "../findings/analyst";
import { type Connection, connectionOf } from "../health/connection";
import type { Limit } from "../health/limits";
import type { HubStatus } from "../health/status";
import type { AdapterStatus, RadioStatus } from "../radio/radio";
import { reachable } from "../web/reachable";
import { askHub, signalText } from "./connection";
import { type DataOption, dataDirOf, requireData } from "./reading";
import { lostLines } from "./restore";
import type { Terminal } from "./terminal";
import { ago, bytesText, counted, localTime, table } from "./text";

type Listed = StatusReport["handhelds"][number] & { connection?: Connection };
/** What the store's files say, and what the hub says that runs on them. */
type Report = Omit<StatusReport, "handhelds"> & { handhelds: Listed[]; hub?: HubStatus };
type Fact = [string, string];

/** A running recording's newest blocks are on their way. */
const UP_TO_DATE_SECONDS = 5;

export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command("status")
    .description(
      "how the hub is: broker, adapters, analysis, handhelds, disk, log, backups and mirrors, what was refused, and what to do next",
    )
    .option("--json", "print JSON")
    .option("--data <dir>", "data directory")
    .action(async (options: DataOption & { json?: boolean }) => {
      const dataDir = dataDirOf(options, terminal);
      const hub = await askHub(dataDir, terminal);
      const now = Date.now();
      // A relay alone has no store to tell of.
      if (hub && !hub.store && !existsSync(join(dataDir, "avnode.db")))
        return options.json
          ? terminal.json({ dataDir, running: true, hub, advice: hub.problems })
          : print(terminal, factsOfHub(hub, now), adviceLines(hub.problems));
      requireData(dataDir, terminal);
      const { statusOf } = require("../backup/status") as typeof import("../backup/status");
      const stored = statusOf(dataDir, now);
      const report: Report = {
        ...stored,
        handhelds: stored.handhelds.map((one) => ({ ...one, connection: connectionOf(one.alias, hub) })),
        hub,
        // The running hub remembers since when.
        limits: hub?.limits ?? stored.limits,
        advice: [...(hub?.problems ?? []), ...stored.advice],
      };
      report.advice.unshift(...report.limits.flatMap(adviceOf));
      if (options.json) return terminal.json(report);
      print(terminal, factsOf(report, now), tablesOf(report, now));
    });
}

function print(terminal: Terminal, facts: Fact[], rest: string[]): void {
  for (const [name, value] of facts) terminal.print(`${name.padEnd(10)} ${value}`);
  for (const line of rest) terminal.print(line);
}

function since(at: number | undefined, now: number): string {
  return at === undefined ? "never" : ago(now - at);
}

function factsOf(report: Report, now: number): Fact[] {
  const { hub, recordings, log, disk } = report;
  const broken = hub?.store && !hub.store.ok ? `; cannot be written: ${hub.store.reason}` : "";
  return [
    ...(hub ? factsOfHub(hub, now) : [["hub", report.running ? "running" : "not running"] satisfies Fact]),
    ["data", `${report.dataDir}, ${bytesText(disk.freeBytes)} free (${disk.freePercent} %)${broken}`],
    [
      "recordings",
      `${recordings.all}, ${recordings.running} running, ${recordings.erased} erased; newest frame ${since(report.lastFrameAt, now)}`,
    ],
    ["log", `${counted(log.size, "leaf", "leaves")}, newest checkpoint ${since(log.checkpointAt, now)}`],
  ];
}

function factsOfHub(hub: HubStatus, now: number): Fact[] {
  const { analysis, broker, radio, roles, startedAt, taken = [], version, web } = hub;
  return [
    ["hub", `running since ${localTime(startedAt)}: avnode ${version}, ${roles.join(" and ")}`],
    ["broker", `${broker.address}, ${broker.connected ? "connected" : "NOT CONNECTED"}`],
    ...(web === undefined ? [] : [webFact(hub, web)]),
    ...taken.map((port): Fact => ["port", `another program has ${port}: the address above is no default`]),
    ...(radio ? factsOfRadio(radio, now) : [["radio", "none"] satisfies Fact]),
    ...(analysis ? [["analysis", analysisText(analysis)] satisfies Fact] : []),
  ];
}

/** A relay alone has no page. */
function webFact({ roles }: HubStatus, address: string): Fact {
  return roles.includes("store") ? ["page", reachable(address)] : ["health", `${reachable(address)}/health`];
}

function analysisText({ running, recordings, incomplete, behindSeconds, aside }: AnalysisStatus): string {
  const words = [
    behindSeconds < UP_TO_DATE_SECONDS
      ? "up to date"
      : `behind by ${clockTime(behindSeconds)} in ${counted(recordings, "recording")}`,
  ];
  if (incomplete > 0) words.push(`${counted(incomplete, "recording waits", "recordings wait")} for frames`);
  if (!running) words.push("its thread is being started");
  for (const { recording, reason } of aside) words.push(`${recording} set aside: ${reason}`);
  return words.join("; ");
}

function factsOfRadio({ simulated, adapters, links, connects, closes }: RadioStatus, now: number): Fact[] {
  if (simulated) return [["radio", "simulated"]];
  const ends = Object.entries(closes).map(([cause, count]) => `${count} ${cause}`);
  return [
    [
      "radio",
      `${counted(links.length, "link")} now, ${connects} since the start${ends.length > 0 ? `; ended or failed: ${ends.join(", ")}` : ""}`,
    ],
    ...adapters.map((adapter): Fact => ["adapter", adapterText(adapter, now)]),
    ...(adapters.length === 0 ? [["adapter", "NONE"] satisfies Fact] : []),
  ];
}

function adapterText(adapter: AdapterStatus, now: number): string {
  const { id, state, scanning, links, heardAt, recoveries, advice } = adapter;
  const words = [`${id} ${state}`, ...(scanning ? ["scanning"] : []), counted(links, "link")];
  if (heardAt !== undefined) words.push(`heard somebody ${since(heardAt, now)}`);
  if (recoveries > 0) words.push(`${counted(recoveries, "attempt")} to bring it back`);
  return `${words.join(", ")}${advice === undefined ? "" : `. ${advice}`}`;
}

function tablesOf(report: Report, now: number): string[] {
  const { handhelds, limits, copies, refusals } = report;
  const copyRows = copies.map(({ place, kind, verifiedAt, ok, late, detail }) => [
    place,
    kind,
    since(verifiedAt, now),
    ok ? (late ? "LATE" : "ok") : "FAILED",
    detail,
  ]);
  return [
    ...(handhelds.length > 0
      ? table(
          ["HANDHELD", "NAME", "CLASS", "SIGNAL", "BATTERY", "BACKLOG", "LAST CONTACT"],
          handhelds.map((one) => handheldRow(one, report.hub, now)),
        )
      : []),
    ...limitLines(limits, now),
    ...(copies.length > 0 ? table(["COPY", "KIND", "VERIFIED", "STATE", ""], copyRows) : ["copies     none"]),
    ...(refusals.length > 0 ? refusalLines(report, now) : []),
    ...(report.lost ? lostLines(report.lost) : []),
    ...adviceLines(report.advice),
  ];
}

function handheldRow(one: Listed, hub: HubStatus | undefined, now: number): string[] {
  const { id, name, batteryMillivolts, backlog, lastContact, connection } = one;
  return [
    id,
    name ?? "-",
    one.class === "simulated" ? "SIMULATED" : one.class === "dev" ? "dev: open console" : one.class,
    hub ? signalText(connection) : "-",
    batteryMillivolts === undefined ? "-" : `${(batteryMillivolts / 1000).toFixed(2)} V`,
    backlog === undefined ? "-" : counted(backlog, "frame"),
    since(lastContact, now),
  ];
}

function refusalLines({ refusals }: Report, now: number): string[] {
  const { REFUSALS } = require("../store/refusals") as typeof import("../store/refusals");
  const meanings: Record<string, string> = REFUSALS;
  const rows = refusals.map(({ device, kind, count, lastAt }) => [
    since(lastAt, now),
    String(count),
    device ?? "nobody's",
    meanings[kind] ?? kind,
  ]);
  return table(["REFUSED", "COUNT", "OF", "MESSAGES"], rows);
}

/** What is not full is told as long as it is known. */
const LEVELS = { ok: "ok", near: "NEARLY FULL", full: "FULL", unknown: "not known now" };

function limitLines(limits: Limit[], now: number): string[] {
  if (limits.length === 0) return [];
  const rows = limits.map(({ what, device, permille, level, since: from, at }) => [
    what,
    device ?? "-",
    `${Math.floor(permille / 10)} %`,
    LEVELS[level],
    since(from, now),
    since(at, now),
  ]);
  return table(["LIMIT", "OF", "FULL", "STATE", "SINCE", "MEASURED"], rows);
}

function adviceOf({ what, device, advice }: Limit): string[] {
  return advice === undefined ? [] : [`${device === undefined ? what : `handheld ${device}`}: ${advice}`];
}

function adviceLines(advice: string[]): string[] {
  return advice.map((text) => `do next    ${text}`);
}
