/**
 * Tells systemd that the hub is ready, how it is, and that it lives (sd_notify(3)). Its socket takes datagrams, which
 * Node cannot send, so systemd-notify does; without NOTIFY_SOCKET nothing is started.
 */
import { spawn } from "node:child_process";
import type { Clock } from "../clock";
import type { Log } from "../store/log";
import type { HubStatus } from "./status";

/** How long a radio may be beyond its own help before systemd is left to restart the hub. */
const BEYOND_HELP_MS = 180_000;
/** Without a watchdog, how often the status line is looked at. */
const STATUS_MS = 60_000;
/** systemd-notify waits for systemd itself 5 s at most. */
const CHILD_MS = 10_000;

export interface SupervisorOptions {
  status(): HubStatus;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  /** Sends assignments such as READY=1; resolves with whether they were. */
  send?: (assignments: string[]) => Promise<boolean>;
}

export class Supervisor {
  private readonly send: (assignments: string[]) => Promise<boolean>;
  private readonly watchdogMs: number | undefined;
  private readonly enabled: boolean;
  private cancel: () => void = () => {};
  private sending: Promise<void> | undefined;
  /** Since when the radio is beyond help, Unix ms. */
  private lostAt: number | undefined;
  /** Since the start: a restart would not help a radio that a restart did not help. */
  private radioWorked = false;
  private said = "";
  private readyHeard = false;

  constructor(private readonly options: SupervisorOptions) {
    const { env, log } = options;
    this.enabled = Boolean(env.NOTIFY_SOCKET);
    this.send = options.send ?? ((assignments) => notify(assignments, env, log));
    this.watchdogMs = watchdogOf(env);
  }

  /** To be called when the hub works. */
  ready(): void {
    if (!this.enabled) return;
    this.say(["READY=1", this.statusLine()]);
    this.beatLater();
  }

  async stopping(): Promise<void> {
    if (!this.enabled) return;
    this.cancel();
    await this.sending;
    await this.send(["STOPPING=1", "STATUS=stopping"]);
  }

  private beatLater(): void {
    const everyMs = this.watchdogMs === undefined ? STATUS_MS : this.watchdogMs / 2;
    this.cancel = this.options.clock.after(everyMs, () => {
      this.beatLater();
      this.beat();
    });
  }

  /** That this runs shows that the event loop turns. */
  private beat(): void {
    // A hub of which systemd never hears this is ended when its time to start is over.
    const assignments = this.readyHeard ? [] : ["READY=1"];
    if (this.watchdogMs !== undefined && !this.isBeyondHelp()) assignments.push("WATCHDOG=1");
    const line = this.statusLine();
    if (line !== this.said) assignments.push(line);
    if (assignments.length > 0) this.say(assignments);
  }

  /** One child at a time: what systemd is too slow for is said the next time. */
  private say(assignments: string[]): void {
    if (this.sending) return;
    const line = assignments.find((one) => one.startsWith("STATUS="));
    if (line !== undefined) this.said = line;
    this.sending = this.send(assignments).then((isSent) => {
      this.sending = undefined;
      if (!isSent) this.said = "";
      else if (assignments.includes("READY=1")) this.readyHeard = true;
    });
  }

  private isBeyondHelp(): boolean {
    const { radio } = this.options.status();
    this.radioWorked ||= radio?.adapters.some(({ state, heardAt }) => state === "on" && heardAt) ?? false;
    if (!radio || radio.healthy || !this.radioWorked) {
      this.lostAt = undefined;
      return false;
    }
    const now = this.options.clock.now();
    const isNew = this.lostAt === undefined;
    this.lostAt ??= now;
    if (isNew)
      this.options.log.error(
        {},
        `no Bluetooth adapter works: if none does within ${BEYOND_HELP_MS / 60_000} minutes, systemd is left to restart the hub`,
      );
    return Math.abs(now - this.lostAt) >= BEYOND_HELP_MS;
  }

  private statusLine(): string {
    const { presences, problems } = this.options.status();
    const handhelds = `${presences.length} ${presences.length === 1 ? "handheld" : "handhelds"} connected`;
    return `STATUS=${problems.length === 0 ? handhelds : `${handhelds}; ${problems[0]}`}`;
  }
}

/** As sd_watchdog_enabled(3) reads it. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return undefined;
  const ms = Number(WATCHDOG_USEC) / 1000;
  return ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

function notify(assignments: string[], env: NodeJS.ProcessEnv, log: Log): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn("systemd-notify", assignments, {
      env: { PATH: env.PATH, NOTIFY_SOCKET: env.NOTIFY_SOCKET },
      stdio: "ignore",
      timeout: CHILD_MS,
      killSignal: "SIGKILL",
    });
    child.on("error", (error) => {
      log.warn({}, `cannot tell systemd: ${error.message}. Install systemd-notify (Debian: systemd)`);
      done(false);
    });
    child.on("exit", (code) => done(code === 0));
  });
}
