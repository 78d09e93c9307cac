/** A thread that analyses one record after the other, as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { analyzed, type Wanted } from "./analyzed";
import { CliError } from "./terminal";

export type Answer =
  | { lines: string[] }
  | { error: { message: string; code?: string; exit?: number; stack?: string } };

parentPort!.on("message", (path: string) => {
  parentPort!.postMessage(answer(path));
});

function answer(path: string): Answer {
  try {
    return { lines: analyzed(path, workerData as Wanted) };
  } catch (error) {
    const { message, code, stack } = error as Error & { code?: string };
    return { error: { message, code, stack, exit: error instanceof CliError ? error.exit : undefined } };
  }
}
