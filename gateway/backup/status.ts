/** How a data directory is doing, as seen from beside whoever writes to it. */
import { systemClock } from "../clock";
import { type Disk, diskOf } from "../health/disk";
import { type Limit, Limits } from "../health/limits";
import { disk, rings } from "../health/measures";
import { openBeside } from "../store/directory";
import { codeOf } from "../store/errors";
import type { DeviceInfo } from "../store/infos";
import { lockDirectory } from "../store/lock";
import { StoreReader } from "../store/reader";
import { lastRefusals, type RefusalInfo } from "../store/refusals";
import { type LostReport, lostSinceRestore } from "./lost";

export interface CopyState {
  place: string;
  kind: string;
  /** Unix ms: of the newest attempt, and of the newest copy that was verified. */
  at: number;
  verifiedAt?: number;
  ok: boolean;
  late: boolean;
  detail: string;
}

export interface HandheldState extends Pick<DeviceInfo, "id" | "alias" | "class" | "name" | "lastContact"> {
  /** By its newest status: frames that no receipt covers. */
  backlog?: number;
  batteryMillivolts?: number;
}

export interface StatusReport {
  dataDir: string;
  kind: string;
  running: boolean;
  disk: Disk;
  /** How full things are, the fullest first; the running hub knows better. */
  limits: Limit[];
  recordings: { all: number; running: number; erased: number };
  /** Unix ms of the newest frame. */
  lastFrameAt?: number;
  handhelds: HandheldState[];
  /** What was refused last, the newest first. */
  refusals: RefusalInfo[];
  log: { size: number; checkpointAt?: number };
  copies: CopyState[];
  lost?: LostReport;
  /** What to do, the most urgent first. */
  advice: string[];
}

const REFUSALS_TOLD = 5;
/** Without a schedule a week is long enough to forget it. */
const LATE_MS = 7 * 24 * 3600_000;

export function isRunning(dataDir: string): boolean {
  try {
    lockDirectory(dataDir)();
    return false;
  } catch (error) {
    if (codeOf(error) === "STORE_LOCKED") return true;
    throw error;
  }
}

/** @throws STORE_* */
export function statusOf(dataDir: string, now = Date.now()): StatusReport {
  const { db, meta } = openBeside(dataDir, true);
  const reader = StoreReader.open(dataDir);
  try {
    const recordings = reader.recordings();
    const checkpoint = db
      .prepare("SELECT size, at FROM checkpoints ORDER BY log DESC, size DESC LIMIT 1")
      .get() as { size: number; at: number } | undefined;
    const report: StatusReport = {
      dataDir,
      kind: meta.get("kind") ?? "",
      running: isRunning(dataDir),
      disk: diskOf(dataDir),
      limits: new Limits(
        [
          rings(reader),
          disk(
            () => diskOf(dataDir),
            () => ({}),
          ),
        ],
        { ...systemClock, now: () => now },
      ).list(),
      recordings: {
        all: recordings.length,
        running: recordings.filter((one) => one.state === "recording").length,
        erased: recordings.filter((one) => one.erasedAt !== undefined).length,
      },
      lastFrameAt: recordings.reduce<number | undefined>(
        (newest, { lastAt }) => Math.max(newest ?? 0, lastAt ?? 0) || undefined,
        undefined,
      ),
      handhelds: reader.devices().map((device) => ({
        id: device.id,
        alias: device.alias,
        class: device.class,
        name: device.name,
        lastContact: device.lastContact,
        backlog: device.status?.backlog,
        batteryMillivolts: device.status?.batteryMillivolts,
      })),
      refusals: lastRefusals(db, REFUSALS_TOLD),
      log: { size: checkpoint?.size ?? 0, checkpointAt: checkpoint?.at },
      copies: copiesOf(db, now),
      lost: lostSinceRestore(dataDir),
      advice: [],
    };
    report.advice = adviceOn(report);
    return report;
  } finally {
    reader.close();
    db.close();
  }
}

/** Where the copies of a data directory are, and how they went. @throws STORE_* */
export function copiesBeside(dataDir: string, now: number): CopyState[] {
  const { db } = openBeside(dataDir, true);
  try {
    return copiesOf(db, now);
  } finally {
    db.close();
  }
}

interface CopyRow {
  place: string;
  kind: string;
  at: number;
  verified_at: number | null;
  ok: number;
  detail: string | null;
}

function copiesOf(db: ReturnType<typeof openBeside>["db"], now: number): CopyState[] {
  const rows = db.prepare("SELECT * FROM backups ORDER BY place").all() as CopyRow[];
  return rows.map(({ place, kind, at, verified_at, ok, detail }) => {
    const hours = /every ([\d.]+) h/.exec(kind);
    // A mirror says each minute that it is there.
    const limit = kind === "mirror" ? 3600_000 : hours ? 2 * Number(hours[1]) * 3600_000 : LATE_MS;
    const late = verified_at === null || now - verified_at > limit;
    return {
      place,
      kind,
      at,
      verifiedAt: verified_at ?? undefined,
      ok: ok === 1,
      late,
      detail: detail ?? "",
    };
  });
}

function adviceOn(report: StatusReport): string[] {
  const advice: string[] = [];
  for (const { place, kind, ok, late, detail } of report.copies) {
    if (!ok) advice.push(`the ${kind} ${place} failed: ${detail}`);
    else if (late)
      advice.push(
        kind === "mirror"
          ? `the mirror ${place} has not been heard for long: start it again`
          : `back up again: avnode backup ${place}`,
      );
  }
  if (report.copies.length === 0 && report.recordings.all > 0 && report.kind === "home")
    advice.push("there is no backup yet: avnode backup DIR, on another disk");
  if (report.lost?.recordings.some((one) => !one.final))
    advice.push("bring the handhelds near: they may still hold what the restore lacks");
  if (report.handhelds.length === 0) advice.push("no handheld claimed yet: avnode claim");
  if (!report.running && report.kind === "home") advice.push("the hub is not running: avnode start");
  return advice;
}
