/** Many seeds, one after the other or in several processes; each seed's outcome is told as it comes. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Outcome, type SimulateOptions, simulate } from "./simulate";

export interface RunsOptions extends SimulateOptions {
  runs: number;
  workers: number;
  /** Starts a process that simulates these seeds and prints each outcome as a line of JSON. */
  spawnWorker(seed: number, runs: number): ChildProcess;
  onOutcome(outcome: Outcome): void;
}

/** Seeds that a worker takes at once: few enough that all end at about the same time. */
const SHARE = 25;

/** @throws when a worker ends without the outcomes that it was asked for */
export async function simulateRuns(options: RunsOptions): Promise<void> {
  const { seed, runs, workers } = options;
  if (workers < 2 || runs < 2) {
    for (let i = 0; i < runs; i++) options.onOutcome(await simulate({ ...options, seed: seed + i }));
    return;
  }
  let next = seed;
  const end = seed + runs;
  const work = async () => {
    while (next < end) {
      const from = next;
      next = Math.min(end, from + Math.max(1, Math.min(SHARE, Math.ceil(runs / workers))));
      await fromWorker(options, from, next - from);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

async function fromWorker(options: RunsOptions, seed: number, runs: number): Promise<void> {
  const child = options.spawnWorker(seed, runs);
  const ended = new Promise((resolve) => child.once("close", resolve));
  let outcomes = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    options.onOutcome(JSON.parse(line) as Outcome);
    outcomes++;
  }
  await ended;
  if (outcomes < runs)
    throw Object.assign(
      new Error(
        `a worker ended after ${outcomes} of ${runs} seeds from ${seed} on; run seed ${seed + outcomes} alone`,
      ),
      { code: "SIM_WORKER" },
    );
}

/** Starts this very program again. */
export function spawnSelf(args: string[]): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
}
