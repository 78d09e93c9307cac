/**
 * Beats of a recording, which the store does not keep: the same samples give the same beats, so that they are found when
 * somebody wants to see them, on a thread that goes on with a recording that grows.
 */
import type { Worker } from "node:worker_threads";
import { Refused } from "../access/guard";
import type { Clock } from "../clock";
import { startThread } from "./thread";

/** Recordings whose beats are kept in memory: a day's have less than 1 MB. */
const MAX_KEPT = 8;
/** A thread that nobody asks for so long ends. */
const IDLE_MS = 120_000;

/** What became known since the message before. */
export interface FoundBeats {
  version: string;
  lead: number;
  /** As the API's schema has them. */
  beats: Uint8Array;
  /** Samples that were analysed. */
  samples: number;
  /** Nothing is to come. */
  ended: boolean;
}

/** All of them. */
export type Beats = Omit<FoundBeats, "beats"> & { beats: Buffer };

/** Nothing of the recording can be analysed, and why. */
export interface CannotFind {
  code: string;
  message: string;
}

interface Running {
  id: string;
  worker: Worker;
  beats: Buffer;
  /** While it works. */
  finding?: Promise<Beats>;
  resolve(beats: Beats): void;
  reject(error: unknown): void;
  cancelIdle(): void;
}

export class BeatFinder {
  /** Of recordings that ended. */
  private readonly kept = new Map<string, Beats>();
  private running?: Running;

  constructor(private readonly parts: { dataDir: string; clock: Clock }) {}

  /**
   * @param id of a recording, whole, whose open frame is here
   * @throws Refused 503 while those of another one are being found; 422 with the analysis' own code for one that cannot
   * be analysed
   */
  find(id: string): Promise<Beats> {
    const kept = this.kept.get(id);
    if (kept) return Promise.resolve(kept);
    if (this.running && this.running.id !== id) {
      if (this.running.finding)
        throw new Refused(
          503,
          "WEB_BUSY",
          "another recording's beats are being found; ask again in a few seconds",
        );
      void this.end(this.running);
    }
    this.running ??= this.begin(id);
    return this.running.finding ?? this.goOn(this.running);
  }

  /** It was erased. */
  forget(id: string): void {
    this.kept.delete(id);
    if (this.running?.id === id) void this.end(this.running);
  }

  async stop(): Promise<void> {
    if (this.running) await this.end(this.running);
  }

  private begin(id: string): Running {
    const worker = startThread("beatsworker", { dataDir: this.parts.dataDir, id });
    const running: Running = {
      ...{ id, worker, beats: Buffer.alloc(0) },
      ...{ resolve: () => {}, reject: () => {}, cancelIdle: () => {} },
    };
    worker.on("message", (message: FoundBeats | CannotFind) => this.take(running, message));
    worker.once("error", (error) => running.reject(error));
    worker.once("exit", () => {
      running.reject(new Refused(503, "WEB_STOPPED", "the hub stops, or the recording was erased"));
      this.leave(running);
    });
    return running;
  }

  private goOn(running: Running): Promise<Beats> {
    running.cancelIdle();
    running.finding = new Promise<Beats>((resolve, reject) => Object.assign(running, { resolve, reject }));
    // Whoever asked may have gone.
    running.finding.catch(() => {});
    running.worker.postMessage("more");
    return running.finding;
  }

  private take(running: Running, message: FoundBeats | CannotFind): void {
    if (this.running !== running) return;
    running.finding = undefined;
    if ("code" in message) {
      running.reject(new Refused(422, message.code, message.message));
      void this.end(running);
      return;
    }
    running.beats = Buffer.concat([running.beats, message.beats]);
    const beats = { ...message, beats: running.beats };
    running.resolve(beats);
    if (!message.ended) {
      running.cancelIdle = this.parts.clock.after(IDLE_MS, () => void this.end(running));
      return;
    }
    this.keep(running.id, beats);
    void this.end(running);
  }

  private keep(id: string, beats: Beats): void {
    this.kept.set(id, beats);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= MAX_KEPT) break;
      this.kept.delete(old);
    }
  }

  private async end(running: Running): Promise<void> {
    this.leave(running);
    await running.worker.terminate();
  }

  private leave(running: Running): void {
    running.cancelIdle();
    if (this.running === running) this.running = undefined;
  }
}
