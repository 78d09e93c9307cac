/**
 * A thread that reads one stranger's file: `workerData` is its path. It posts what the file says, or why it cannot be
 * adopted; then takes a seat, and posts batches of frames, each when it is asked for one.
 */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { Seat } from "../store/adopted";
import { AdoptError } from "./error";
import { type OldFacts, openOldFile } from "./oldfile";

export interface Refusal {
  code: string;
  what: string;
  hint: string;
}

export type FileAnswer = { facts: OldFacts } | { refusal: Refusal };
export type FramesAnswer = { frames: Uint8Array[]; isLast: boolean } | { refusal: Refusal };

const BATCH = 64;
const port = parentPort!;

async function asked<T>(): Promise<T> {
  const [message] = (await once(port, "message")) as [T];
  return message;
}

async function main(): Promise<void> {
  const { frames, close, ...facts } = openOldFile(workerData as string);
  port.postMessage({ facts } satisfies FileAnswer);
  let batch: Uint8Array[] = [];
  for (const frame of frames(await asked<Seat>())) {
    batch.push(frame);
    if (batch.length < BATCH) continue;
    port.postMessage({ frames: batch, isLast: false } satisfies FramesAnswer);
    batch = [];
    await asked();
  }
  close();
  port.postMessage({ frames: batch, isLast: true } satisfies FramesAnswer);
}

main()
  .catch((error: unknown) => {
    if (!(error instanceof AdoptError)) throw error;
    const { code, what, hint } = error;
    port.postMessage({ refusal: { code, what, hint } });
  })
  .finally(() => port.close());
