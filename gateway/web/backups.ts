/** Backups: where they are, and one now. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { BackupRun } from "../access/backupruns";
import { Refused } from "../access/guard";
import { infoPath } from "../backup/info";
import { readKeys } from "../backup/keyfile";
import { runProgram } from "../backup/schedule";
import { copiesBeside } from "../backup/status";
import { diskOf } from "../health/disk";
import * as schema from "../schema/backup";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

/** Where systems put media that somebody plugs in. */
const MEDIA = ["/media", "/run/media", "/mnt"];
/** On a medium that holds other things, too. */
const FOLDER = "avnode-backup";
const MAX_PLACES = 32;
const CUT_OFF = "the hub ended while it was being made; back up again";

export function addBackups(app: FastifyInstance, parts: ApiParts): void {
  const { dataDir, clock, backup, backupRuns, log, media = MEDIA } = parts;
  const run = parts.runBackup ?? ((dir: string) => runProgram(["backup", dir, "--data", dataDir]));
  /** Of those that this process began. */
  let isRunning = false;

  const copies = () =>
    copiesBeside(dataDir, clock.now()).map((copy) => ({
      ...copy,
      kind: copy.kind === "mirror" ? ("mirror" as const) : ("backup" as const),
    }));
  /** One that a hub before this one began may have ended without it: then the store knows of its outcome. */
  const lastRun = (): BackupRun | undefined => {
    const run = backupRuns.last();
    if (run?.state !== "running" || isRunning) return run;
    const told = copies().find(({ place, at }) => place === resolve(run.dir) && at >= run.startedAt);
    if (!told) return { ...run, state: "failed", detail: CUT_OFF };
    const { ok, at, verifiedAt, detail } = told;
    return ok
      ? { ...run, state: "done", endedAt: verifiedAt ?? at }
      : { ...run, state: "failed", endedAt: at, detail };
  };
  const places = () => {
    const known = copies().flatMap(({ kind, place }) => (kind === "backup" ? [place] : []));
    const configured = backup ? [resolve(backup.dir)] : [];
    const plugged = mediaIn(media, dataDir).map((dir) => join(dir, FOLDER));
    return [...new Set([...known, ...configured, ...plugged])].slice(0, MAX_PLACES).map((dir) => ({
      dir,
      freeBytes: freeOf(dir),
      known: existsSync(infoPath(dir)),
    }));
  };

  addRoute(app, schema.backups, () => ({
    copies: copies(),
    places: places(),
    schedule: backup,
    recoveryCode: readKeys(dataDir).backupKey !== undefined,
    run: lastRun(),
  }));

  addRoute(app, schema.backUp, ({ body: { dir } }) => {
    // What is no backup's place is not for a browser to name.
    if (!places().some((place) => place.dir === dir))
      throw new Refused(
        404,
        "WEB_BACKUP_PLACE",
        `no backup is made into ${dir} from here; put the medium in, or run 'avnode backup ${dir}' once on the hub`,
      );
    if (readKeys(dataDir).backupKey === undefined)
      throw new Refused(409, "WEB_NO_RECOVERY_CODE", "there is no recovery code yet: make one first");
    if (isRunning)
      throw new Refused(409, "WEB_BUSY", `a backup into ${backupRuns.last()?.dir} is being made`);
    const begun: BackupRun = { dir, state: "running", startedAt: clock.now() };
    backupRuns.keep(begun);
    isRunning = true;
    const end = (detail: string | undefined) => {
      isRunning = false;
      const state = detail === undefined ? "done" : "failed";
      try {
        backupRuns.keep({ ...begun, state, endedAt: clock.now(), detail });
      } catch (error) {
        // The hub ended meanwhile; the store knows of it.
        log.warn({ dir }, `could not note that a backup ${state}: ${(error as Error).message}`);
      }
    };
    run(dir).then(end, (error: Error) => end(error.message));
    return {};
  });
}

/** Folders of media: on another disk than the data, and writable. */
function mediaIn(roots: readonly string[], dataDir: string): string[] {
  const own = statSync(dataDir).dev;
  const isMedium = (dir: string) => {
    try {
      accessSync(dir, constants.W_OK);
      return statSync(dir).isDirectory() && statSync(dir).dev !== own;
    } catch {
      return false;
    }
  };
  const below = (dir: string) => {
    try {
      return readdirSync(dir).map((name) => join(dir, name));
    } catch {
      return [];
    }
  };
  // Some systems have a folder for each user in between.
  return roots.flatMap(below).flatMap((dir) => (isMedium(dir) ? [dir] : below(dir).filter(isMedium)));
}

function freeOf(dir: string): number | undefined {
  try {
    return diskOf(existsSync(dir) ? dir : join(dir, "..")).freeBytes;
  } catch {
    return undefined;
  }
}
