/** A thread that analyses or scores one WFDB record after the other, as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import type { Wanted } from "./analyzed";
import type { Comparison } from "./scored";
import { CliError } from "./terminal";

export type Work = { analyze: Wanted } | { score: Comparison };

export type Answer<Result> = { result: Result } | { error: Failure };

export interface Failure {
  message: string;
  code?: string;
  exit?: number;
  stack?: string;
}

const perform = performer(workerData as Work);

parentPort!.on("message", (path: string) => {
  parentPort!.postMessage(answer(path));
});

// Loaded late: whoever scores prints no analyses.
function performer(work: Work): (path: string) => unknown {
  if ("analyze" in work) {
    const { analyzed } = require("./analyzed") as typeof import("./analyzed");
    return (path) => analyzed(path, work.analyze);
  }
  const { scored } = require("./scored") as typeof import("./scored");
  return (path) => scored(path, work.score);
}

function answer(path: string): Answer<unknown> {
  try {
    return { result: perform(path) };
  } catch (error) {
    const { message, code, stack } = error as Error & { code?: string };
    return { error: { message, code, stack, exit: error instanceof CliError ? error.exit : undefined } };
  }
}
