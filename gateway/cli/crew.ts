/** Threads that share work; answers come in the order of what was asked. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";

/** Of what was asked behind the oldest that is not answered yet, per thread: answers that wait take memory. */
const AHEAD = 8;

export interface Task {
  /** Of a file beside the program (or beside this one, run from its sources), without ending. */
  worker: string;
  threads: number;
  workerData: unknown;
}

/**
 * Each message is answered by one message.
 * @param each answer, in the order of `messages`; an Error where a thread ended instead of answering
 */
export async function share<Answer>(
  task: Task,
  messages: unknown[],
  each: (answer: Answer | Error, index: number) => void,
): Promise<void> {
  const ending = extname(__filename);
  const workers = Array.from(
    { length: Math.min(task.threads, messages.length) },
    () =>
      new Worker(join(__dirname, task.worker + ending), {
        workerData: task.workerData,
        execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
      }),
  );
  const waiting = new Map<number, Answer | Error>();
  /** What each thread that is busy was asked last. */
  const busy = new Map<Worker, number>();
  const idle = [...workers];
  let asked = 0;
  let told = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const ask = () => {
        if (told === messages.length) return resolve();
        while (idle.length > 0 && asked < messages.length && asked - told < AHEAD * workers.length) {
          const worker = idle.pop()!;
          busy.set(worker, asked);
          worker.postMessage(messages[asked++]);
        }
        if (busy.size === 0) reject(new Error("all threads ended"));
      };
      const finish = (worker: Worker, answer: Answer | Error) => {
        const index = busy.get(worker);
        if (index === undefined) return;
        busy.delete(worker);
        waiting.set(index, answer);
        for (let next = waiting.get(told); next !== undefined; next = waiting.get(told)) {
          waiting.delete(told);
          each(next, told++);
        }
      };
      for (const worker of workers) {
        worker.on("message", (answer: Answer) => {
          finish(worker, answer);
          idle.push(worker);
          ask();
        });
        worker.on("error", (error: Error) => {
          finish(worker, error);
          ask();
        });
      }
      ask();
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
