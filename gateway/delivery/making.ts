/** Documents made on a thread: receipts do not wait for them. */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { codeOf } from "../store/errors";
import type { Documents } from "./documents";
import type { DocumentAnswer, DocumentOrder } from "./documentworker";
import { DeliveryError } from "./error";

/** A day's recording takes seconds; one that takes longer hangs. */
const MAKING_MS = 10 * 60_000;
/** Of the thread's heap. */
const MAX_HEAP_MB = 512;
/** Of the machine (a full disk, a busy database), not of the recording: later it may do. */
const MENDABLE = /^(E[A-Z]+|SQLITE_(BUSY|FULL|IOERR|NOMEM)\w*)$/;

/** @throws DeliveryError DELIVERY_DOCUMENT */
export async function makeOnThread(order: DocumentOrder): Promise<Documents> {
  const ending = extname(__filename);
  const { kind, language, pdfPassword, answers } = order.way;
  const worker = new Worker(join(__dirname, `documentworker${ending}`), {
    // What else the way has is no business of whoever makes documents.
    workerData: { ...order, way: { kind, language, pdfPassword, answers } } satisfies DocumentOrder,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    execArgv: ending === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [],
  });
  const timer = setTimeout(() => void worker.terminate(), MAKING_MS);
  try {
    const { made, message, code } = await new Promise<DocumentAnswer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the thread that makes it ended")));
    });
    if (made) return made;
    throw new DeliveryError("DELIVERY_DOCUMENT", `${message} (${code})`, MENDABLE.test(code ?? ""));
  } catch (cause) {
    if (cause instanceof DeliveryError) throw cause;
    if (codeOf(cause) === "ERR_WORKER_OUT_OF_MEMORY")
      throw new DeliveryError(
        "DELIVERY_DOCUMENT",
        "the recording is too long for its documents to be made here: take it along with 'avnode export'",
        false,
        { cause },
      );
    throw new DeliveryError(
      "DELIVERY_DOCUMENT",
      `the report could not be made: ${(cause as Error).message}`,
      true,
      {
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}
