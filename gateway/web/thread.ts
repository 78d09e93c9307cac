/** Threads for what takes long: receipts must not wait for it. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { Refused } from "../access/guard";

/** @param name of its file, beside this one; from sources the thread compiles them anew */
export function startThread(name: string, workerData: unknown): Worker {
  const ending = extname(__filename);
  return new Worker(join(__dirname, `${name}${ending}`), {
    workerData,
    execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
  });
}

/** Its first message. @throws what it throws; Refused when it is stopped before */
export function answerOf<T>(worker: Worker): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Refused(503, "WEB_STOPPED", "the hub stops")));
  });
}
