/** Runs one target in a thread of its own, ends it when an input hangs, and says which input that was. */
import { Worker } from "node:worker_threads";
import type { Bundle } from "./bundle";
import type { Bounds, Outcome } from "./loop";
import { wordsOf } from "./mutate";
import { SHARED_BYTES, type Work } from "./worker";

const LOOK_EVERY_MS = 250;
/** Of the thread's JavaScript heap. */
const MAX_HEAP_MB = 512;

export interface Wanted {
  target: string;
  bounds: Bounds;
  kept: Uint8Array[];
  /** An input that takes longer hangs. */
  hangMs: number;
  /** Called now and then with the number of inputs so far. */
  progress(inputs: number): void;
}

export function runTarget(bundle: Bundle, wanted: Wanted): Promise<Outcome> {
  const { target, bounds, kept, hangMs } = wanted;
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const input = new Uint8Array(new SharedArrayBuffer(SHARED_BYTES));
  const work: Work = { target, bounds, kept, words: wordsOf(bundle.literals), progress, input };
  const began = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    const worker = new Worker(bundle.code, {
      eval: true,
      workerData: work,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    let last = 0;
    let stuckMs = 0;
    const looking = setInterval(() => {
      const inputs = Atomics.load(progress, 0);
      wanted.progress(inputs);
      stuckMs = inputs === last && inputs > 0 ? stuckMs + LOOK_EVERY_MS : 0;
      last = inputs;
      if (stuckMs < hangMs) return;
      finish(stopped(`hangs: not done after ${hangMs} ms`));
      void worker.terminate();
    }, LOOK_EVERY_MS);
    const finish = (outcome: Outcome) => {
      clearInterval(looking);
      resolve(outcome);
    };
    /** What is known of a run that an input ended. */
    const stopped = (message: string): Outcome => {
      const bytes = Uint8Array.from(input.subarray(0, Math.min(progress[1]!, SHARED_BYTES)));
      return {
        target,
        inputs: progress[0]!,
        read: 0,
        seconds: Number(process.hrtime.bigint() - began) / 1e9,
        edges: 0,
        hash: "",
        crashes: [{ target, message, input: bytes }],
        corpus: [],
      };
    };
    worker.once("message", finish);
    worker.once("error", (error) => {
      if (progress[0]! > 0) finish(stopped(`ends its process: ${error.message}`));
      else {
        clearInterval(looking);
        reject(error);
      }
    });
    worker.once("exit", (code) => finish(stopped(`ends its process with exit code ${code}`)));
  });
}
