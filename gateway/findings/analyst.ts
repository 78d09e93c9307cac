/**
 * Has a thread analyse what the store holds, and keeps what it finds. Whatever happens there touches neither recording
 * nor receipts: a thread that dies is started again, and a recording that kills it twice is left alone.
 */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock } from "../clock";
import { codeOf } from "../store/errors";
import type { Checkpoint } from "../store/findings/types";
import type { Log } from "../store/log";
import type { Store } from "../store/store";
import type { FreshBeats, Pulse } from "./follow";
import type { FromWorker, Progress, ToWorker, WorkerSettings } from "./messages";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** Frames come every second; more often than this they are not looked for. */
const WAKE_MS = 1000;
/** After a checkpoint that the disk did not take. */
const REFUSED_MS = 5000;
/** One step takes milliseconds, and a thread that rests says so every ten seconds: one that is silent for so long hangs. */
const HANGS_MS = 120_000;
/** What a thread said while the hub itself was held up is heard first. */
const HEARD_MS = 1000;
/** Deaths within the same recording, none of which it got past. */
const MAX_DEATHS = 2;
/** Of its heap: what would take more is a defect, and must not take the hub's memory. */
const MAX_HEAP_MB = 256;

export interface Aside {
  /** Id of the recording. */
  recording: string;
  reason: string;
}

export interface AnalysisStatus extends Progress {
  /** Whether the thread runs; it is started again if it does not. */
  running: boolean;
  /** Threads in a row that ended or hung before they had done all that there was. */
  failures: number;
  /** Recordings of which nothing can be said, and why. */
  aside: Aside[];
}

/** A thread, as far as it is needed here. */
export interface Thread {
  postMessage(message: ToWorker): void;
  on(event: "message", listener: (message: FromWorker) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
  terminate(): Promise<unknown>;
}

export interface AnalystOptions {
  store: Pick<Store, "keepFindings" | "events">;
  dataDir: string;
  clock: Clock;
  log: Log;
  startThread?: (settings: WorkerSettings) => Thread;
}

export interface NewestPulse extends Pulse {
  /** Id of the recording that it is of. */
  recording: string;
  /** Unix ms of its newest sample. */
  at: number;
}

export class Analyst {
  private thread?: Thread;
  /** The recording that the thread works on. */
  private at?: string;
  private readonly deaths = new Map<string, number>();
  private readonly aside = new Map<string, string>();
  /** By device. */
  private readonly pulses = new Map<string, NewestPulse>();
  /** By recording. */
  private readonly fresh = new Map<string, FreshBeats>();
  private progress: Progress = { recordings: 0, incomplete: 0, behindSeconds: 0 };
  private failures = 0;
  private isHanging = false;
  private isStopped = false;
  private isWoken = false;
  private readonly unlisten: (() => void)[];
  private cancelStart: () => void = () => {};
  private cancelWake: () => void = () => {};
  private cancelWatch: () => void = () => {};

  constructor(private readonly options: AnalystOptions) {
    const { events } = options.store;
    this.unlisten = [
      events.on("stored", () => this.wake()),
      events.on("erased", (recording) => {
        this.letGo(recording);
        this.thread?.postMessage({ t: "erased", recording });
      }),
    ];
    // Behind whatever the hub begins with.
    this.startAfter(FIRST_RETRY_MS);
  }

  status(): AnalysisStatus {
    const aside = [...this.aside].map(([recording, reason]) => ({ recording, reason }));
    const running = this.thread !== undefined && !this.isHanging;
    return { running, failures: this.failures, ...this.progress, aside };
  }

  /** Of the handheld's (hex) running recording. */
  newest(device: string): NewestPulse | undefined {
    return this.pulses.get(device);
  }

  /** Beats of a recording (whole id) that are not on disk yet. */
  freshBeats(recording: string): FreshBeats | undefined {
    return this.fresh.get(recording);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const unlisten of this.unlisten) unlisten();
    this.cancelStart();
    this.cancelWake();
    this.cancelWatch();
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private startAfter(ms: number): void {
    this.cancelStart = this.options.clock.after(ms, () => this.start());
  }

  private start(): void {
    const { dataDir, startThread = startWorker } = this.options;
    const thread = startThread({ dataDir, aside: [...this.aside.keys()] });
    this.thread = thread;
    thread.on("message", (message) => {
      if (thread === this.thread && !this.isHanging) this.take(message);
    });
    thread.on("error", (error) => this.died(thread, error));
    thread.on("exit", () => this.died(thread));
    this.watch(thread);
  }

  private watch(thread: Thread): void {
    const { clock } = this.options;
    this.cancelWatch = clock.after(HANGS_MS, () => {
      this.cancelWatch = clock.after(HEARD_MS, () => {
        this.failed(new Error(`it said nothing for ${HANGS_MS / 1000} s`));
        // Where a disk holds it, it may not end at once, or ever: no other is started beside it.
        this.isHanging = true;
        void thread.terminate();
      });
    });
  }

  private take(message: FromWorker): void {
    this.cancelWatch();
    this.watch(this.thread!);
    if (message.t === "idle") {
      const { t: _, ...progress } = message;
      this.progress = progress;
      this.at = undefined;
      this.failures = 0;
    } else if (message.t === "at") this.at = message.recording;
    else if (message.t === "pulse")
      this.pulses.set(message.device, { ...message.pulse, at: message.at, recording: message.recording });
    else if (message.t === "fresh") this.fresh.set(message.recording, message.fresh);
    else if (message.t === "gone") this.letGo(message.recording);
    else if (message.t === "aside") this.setAside(message.recording, message.reason);
    else this.keep(message.checkpoint);
  }

  /** Nothing that was said of it stays. */
  private letGo(recording: string): void {
    this.deaths.delete(recording);
    this.aside.delete(recording);
    this.fresh.delete(recording);
    for (const [device, pulse] of this.pulses) if (pulse.recording === recording) this.pulses.delete(device);
  }

  private keep(checkpoint: Checkpoint): void {
    const { store, clock, log } = this.options;
    const { thread } = this;
    const { recording, insteadOf } = checkpoint;
    try {
      const number = store.keepFindings(checkpoint);
      this.deaths.delete(recording);
      this.fresh.delete(recording);
      if (insteadOf !== undefined)
        log.warn(
          { recording },
          `nothing could go on from the state of analysis ${recording}/${insteadOf}: analysis ${number} began at the recording's start`,
        );
      thread?.postMessage({ t: "kept", number });
    } catch (error) {
      const code = codeOf(error);
      const { message } = error as Error;
      if (code === "STORE_ERASED") thread?.postMessage({ t: "kept" });
      else if (code === "STORE_ALTERED") {
        this.setAside(recording, message);
        thread?.postMessage({ t: "kept", isLeft: true });
      } else {
        log.warn({ code, recording }, `findings were not kept: ${message}; they are found again`);
        clock.after(REFUSED_MS, () => {
          if (thread === this.thread) thread?.postMessage({ t: "kept" });
        });
      }
    }
  }

  private setAside(recording: string, reason: string): void {
    this.aside.set(recording, reason);
    this.options.log.warn({ recording }, `recording ${recording} is not analysed: ${reason}`);
  }

  private died(thread: Thread, error?: Error): void {
    if (thread !== this.thread || this.isStopped) return;
    this.cancelWatch();
    if (!this.isHanging) this.failed(error);
    this.thread = undefined;
    this.isHanging = false;
    this.startAfter(Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), LAST_RETRY_MS));
  }

  private failed(error?: Error): void {
    const { at } = this;
    this.at = undefined;
    this.fresh.clear();
    this.failures++;
    this.options.log.error(
      { code: error && codeOf(error), recording: at, error: error?.stack },
      `the thread that analyses failed${error ? `: ${error.message}` : ""}; it is started again, and recording goes on`,
    );
    // A disk in trouble is not its recording's doing.
    if (at !== undefined && !(error && codeOf(error).startsWith("SQLITE_"))) {
      const deaths = (this.deaths.get(at) ?? 0) + 1;
      this.deaths.set(at, deaths);
      if (deaths >= MAX_DEATHS)
        this.setAside(at, `a defect in its analysis ended it ${deaths} times; please report it`);
    }
  }

  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.cancelWake = this.options.clock.after(WAKE_MS, () => {
      this.isWoken = false;
      this.thread?.postMessage({ t: "wake" });
    });
  }
}

/** From a file beside the program, or beside this one, run from its sources. */
function startWorker(settings: WorkerSettings): Thread {
  const ending = extname(__filename);
  return new Worker(join(__dirname, `findingsworker${ending}`), {
    workerData: settings,
    execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}
