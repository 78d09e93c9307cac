/** The same work on many WFDB records, over all cores: answers in order, failures told and counted, the rest done. */
import { availableParallelism } from "node:os";
import { share } from "./crew";
import { recordsNamed } from "./records";
import type { Answer, Work } from "./recordworker";
import { CliError, type Terminal } from "./terminal";
import { counted } from "./text";

export interface Task {
  /** In errors and beside the bar: "analyze", "analyzing", "analyzed". */
  verb: string;
  doing: string;
  done: string;
  work: Work;
  /** Whether `each` prints results. */
  printing: boolean;
}

export interface Outcome {
  records: number;
  failed: number;
}

/**
 * @param names as people name records
 * @param each result, in the order of the records
 */
export async function eachRecord<Result>(
  { verb, doing, done, work, printing }: Task,
  names: string[],
  terminal: Terminal,
  each: (result: Result, path: string) => void,
): Promise<Outcome> {
  const { records, errors } = recordsNamed(names, verb);
  for (const error of errors) terminal.fail(error);
  let failed = errors.length;
  const bar = terminal.progress(doing, printing);
  try {
    bar.update(0, records.length);
    const task = { worker: "recordworker", threads: availableParallelism(), workerData: work };
    await share<Answer<Result>>(task, records, (answer, index) => {
      const path = records[index]!;
      if (answer instanceof Error) {
        failed++;
        terminal.say(`avnode: cannot ${verb} ${path}: ${answer.message}; try it alone`);
      } else if ("error" in answer) {
        failed++;
        const { exit, ...error } = answer.error;
        terminal.fail(exit === undefined ? error : new CliError(exit, error.message));
      } else each(answer.result, path);
      bar.update(index + 1, records.length);
    });
  } finally {
    bar.stop();
  }
  const all = records.length + errors.length;
  if (failed > 0 && all > 1) terminal.say(`${counted(failed, "record")} of ${all} not ${done}`);
  return { records: all, failed };
}
