/** Backups by themselves: at times, in a process of their own, so that no receipt waits for one. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { resolve } from "node:path";
import type { Clock } from "../clock";
import { openBeside } from "../store/directory";
import { codeOf } from "../store/errors";
import type { Log } from "../store/log";
import { infoPath, noBackupIn } from "./info";
import { recordBackup } from "./record";

/** A stick that was out, or a run that failed, is tried again so soon. */
const RETRY_MS = 15 * 60_000;
/** After the start, and at least between two looks. */
const SETTLE_MS = 60_000;

export interface ScheduleOptions {
  dataDir: string;
  dir: string;
  everyHours: number;
  clock: Clock;
  log: Log;
  /** Runs one backup; resolves to why it failed, or nothing. */
  run: () => Promise<string | undefined>;
}

export class Schedule {
  private cancel: () => void = () => {};
  private stopped = false;
  private told = "";

  constructor(private readonly options: ScheduleOptions) {
    this.after(SETTLE_MS);
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private after(ms: number): void {
    if (this.stopped) return;
    this.cancel = this.options.clock.after(ms, () => void this.look());
  }

  private async look(): Promise<void> {
    const wait = this.waitMs();
    if (wait > 0) return this.after(Math.min(wait, RETRY_MS));
    const { log, dir } = this.options;
    const failed = await this.attempt();
    if (failed === undefined) {
      if (this.told !== "") log.info({ dir }, `backed up to ${dir} again`);
      this.told = "";
      return this.after(SETTLE_MS);
    }
    if (failed !== this.told) log.warn({ dir }, `could not back up: ${failed}`);
    this.told = failed;
    this.after(RETRY_MS);
  }

  /** How long until the next run is due, by when the newest good one was. */
  private waitMs(): number {
    const { dataDir, dir, everyHours, clock } = this.options;
    try {
      const { db } = openBeside(dataDir, true);
      try {
        const newest = db
          .prepare("SELECT verified_at FROM backups WHERE place = ?")
          .pluck()
          .get(resolve(dir)) as number | null | undefined;
        return newest ? newest + everyHours * 3600_000 - clock.now() : 0;
      } finally {
        db.close();
      }
    } catch {
      return RETRY_MS;
    }
  }

  private async attempt(): Promise<string | undefined> {
    const { dataDir, dir, everyHours, run } = this.options;
    if (existsSync(infoPath(dir))) return run();
    const failed = noBackupIn(dir);
    recordBackup(dataDir, { place: resolve(dir), kind: `backup every ${everyHours} h`, failed });
    return failed;
  }
}

/** Runs this program again with these words, at the lowest priority. @returns its last line when it failed */
export function runProgram(words: string[]): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4096);
    });
    child.on("error", (error) => done(codeOf(error)));
    child.on("spawn", () => {
      try {
        setPriority(child.pid!, constants.priority.PRIORITY_LOW);
      } catch {}
    });
    child.on("close", (code) =>
      done(code === 0 ? undefined : (said.trim().split("\n").at(-1) ?? `exit code ${code}`)),
    );
  });
}
