/** The thread that judges, so that a day's proof does not freeze the page; it keeps the last one's signal. */
import type { Piece } from "../page/paper/samples";
import { type Brought, type Judgement, judge } from "./judge";
import type { Signal, SignalForm } from "./signal";

export type Asked =
  | { kind: "judge"; brought: Brought }
  | { kind: "window"; n: number; from: number; to: number; step: number };

export type Shown = Omit<Judgement, "signal"> & { form?: SignalForm; reach?: Piece[] };

export type Told =
  | { kind: "progress"; share: number }
  | { kind: "judged"; shown: Shown }
  | { kind: "refused"; code: string; message: string }
  | { kind: "window"; n: number; pieces: Piece[] };

interface Thread {
  onmessage: ((event: { data: Asked }) => void) | null;
  postMessage(message: Told): void;
}

const thread = globalThis as unknown as Thread;
/** Of the bar, so that telling does not take longer than judging. */
const TELL_EVERY = 0.01;
/** Entries that say how high the paper must be. */
const REACH_ENTRIES = 4096;

let signal: Signal | undefined;

thread.onmessage = ({ data }) => {
  if (data.kind === "judge") void judged(data.brought);
  else if (signal)
    thread.postMessage({ kind: "window", n: data.n, pieces: signal.window(data.from, data.to, data.step) });
};

async function judged(brought: Brought): Promise<void> {
  let told = 0;
  try {
    const judgement = await judge(brought, (share) => {
      if (share - told < TELL_EVERY) return;
      told = share;
      thread.postMessage({ kind: "progress", share });
    });
    const { signal: found, ...rest } = judgement;
    signal = found;
    const samples = found?.form.samples ?? 0;
    const reach = found?.window(0, samples, Math.max(1, samples / REACH_ENTRIES));
    thread.postMessage({ kind: "judged", shown: { ...rest, ...(found && { form: found.form, reach }) } });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    thread.postMessage({ kind: "refused", code: code ?? "DEFECT", message });
  }
}
