/** A stranger's file read on a thread of its own: neither its size nor its contents keep the hub from its receipts. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Seat } from "../store/adopted";
import type { FileAnswer, FramesAnswer, Refusal } from "./adoptworker";
import { AdoptError } from "./error";
import type { OldFile } from "./oldfile";

/** Of the thread's heap; DICOM is read whole, and lies beside it. */
const MAX_HEAP_MB = 512;
/** Until the file is known, and for each batch of frames: gigabytes take seconds. */
const ANSWER_MS = 5 * 60_000;

/** The caller closes it. @throws as openOldFile does; AdoptError ADOPT_READ where the thread ends, or takes longer than that */
export async function openOnThread(path: string, answerMs = ANSWER_MS): Promise<OldFile> {
  const ending = extname(__filename);
  const worker = new Worker(join(__dirname, `adoptworker${ending}`), {
    workerData: path,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
  });
  const close = () => void worker.terminate();
  try {
    const { facts } = await answerOf<FileAnswer>(worker, answerMs);
    return { ...facts, close, frames: (seat) => framesOf(worker, seat, answerMs) };
  } catch (error) {
    close();
    throw error;
  }
}

async function* framesOf(worker: Worker, seat: Seat, answerMs: number): AsyncGenerator<Uint8Array> {
  let ask: Seat | "more" = seat;
  for (let isLast = false; !isLast; ask = "more") {
    worker.postMessage(ask);
    const answer = await answerOf<FramesAnswer>(worker, answerMs);
    yield* answer.frames;
    isLast = answer.isLast;
  }
}

/** Its next message. */
async function answerOf<T extends object>(
  worker: Worker,
  answerMs: number,
): Promise<Exclude<T, { refusal: Refusal }>> {
  let forget = () => {};
  const timer = setTimeout(() => void worker.terminate(), answerMs);
  const answer = await new Promise<T>((resolve, reject) => {
    const fail = (error: Error) =>
      reject(
        new AdoptError(
          "ADOPT_READ",
          `could not be read (${error.message})`,
          "write it in another format, and try again",
        ),
      );
    const ended = () => fail(new Error("reading it was ended"));
    worker.once("message", resolve).once("error", fail).once("exit", ended);
    // One that has ended says so once.
    if (worker.threadId < 0) return ended();
    forget = () => void worker.off("message", resolve).off("error", fail).off("exit", ended);
  }).finally(() => {
    clearTimeout(timer);
    forget();
  });
  if (!("refusal" in answer)) return answer as Exclude<T, { refusal: Refusal }>;
  const { code, what, hint } = answer.refusal as Refusal;
  throw new AdoptError(code, what, hint);
}
