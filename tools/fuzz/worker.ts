/** The thread that runs one target. It shares the input at hand, so that one that hangs or exhausts memory is known. */
import { parentPort, workerData } from "node:worker_threads";
import { type Bounds, fuzz } from "./loop";
import type { Target } from "./target";

/** Longer inputs are shared cut. */
export const SHARED_BYTES = 1 << 17;

export interface Work {
  target: string;
  bounds: Bounds;
  kept: Uint8Array[];
  words: Uint8Array[];
  /** Number of the input that runs, its length. */
  progress: Int32Array;
  /** Its bytes. */
  input: Uint8Array;
}

/** @param targets among which the one asked for is */
export async function serve(targets: Target[]): Promise<void> {
  const { target: name, bounds, kept, words, progress, input: shared } = workerData as Work;
  const target = targets.find((one) => one.name === name)!;
  // A stack trace costs more than most decoders; a replay has it.
  Error.stackTraceLimit = 0;
  const outcome = await fuzz(target, kept, words, bounds, (input) => {
    shared.set(input.length > SHARED_BYTES ? input.subarray(0, SHARED_BYTES) : input);
    progress[1] = input.length;
    progress[0]!++;
  });
  parentPort!.postMessage(outcome);
  // Ends the thread alone, and tells the targets, which may have files to remove.
  process.exit();
}
