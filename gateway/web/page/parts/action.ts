/** Something that the reader asks of the hub once: whether it is under way, and why it did not work. */
import { useState } from "preact/hooks";
import { usePage } from "./context";
import { problemWords } from "./problem";

export interface Action {
  run: (work: () => Promise<void>) => Promise<void>;
  isBusy: boolean;
  isDone: boolean;
  /** In words; undefined while nothing went wrong. */
  problem: string | undefined;
}

export function useAction(): Action {
  const { messages } = usePage();
  const [state, setState] = useState<"new" | "busy" | "done">("new");
  const [problem, setProblem] = useState<string>();
  const run = async (work: () => Promise<void>) => {
    setProblem(undefined);
    setState("busy");
    try {
      await work();
      setState("done");
    } catch (error) {
      setState("new");
      setProblem(problemWords(error, messages));
    }
  };
  return { run, isBusy: state === "busy", isDone: state === "done", problem };
}
