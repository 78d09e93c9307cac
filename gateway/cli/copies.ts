/** The copies that a running hub keeps up: backups by schedule, and mirrors. */
import { runProgram, Schedule } from "../backup/schedule";
import { systemClock } from "../clock";
import type { Config } from "../config/config";
import { MirrorServer } from "../mirror/server";
import type { Log } from "../store/log";

/** Scheduled backups, and mirrors while any are invited. */
export function keepCopies(dataDir: string, config: Config, log: Log): { stop(): Promise<void> } {
  const mirrors = new MirrorServer({ dataDir, log, ...config.mirror });
  const { dir, everyHours } = config.backup ?? {};
  const schedule =
    dir === undefined || everyHours === undefined
      ? undefined
      : new Schedule({
          dataDir,
          dir,
          everyHours,
          clock: systemClock,
          log,
          run: () => runProgram(["backup", dir, "--data", dataDir, "--scheduled", String(everyHours)]),
        });
  return {
    stop() {
      schedule?.stop();
      return mirrors.close();
    },
  };
}
