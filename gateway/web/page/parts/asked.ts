/** Something that is asked of the hub again and again, and how old the answer is. */
import { useLayoutEffect, useState } from "preact/hooks";

export interface Asked<T> {
  /** The newest answer. */
  value?: T;
  /** When it came, Unix ms. */
  at?: number;
  /** Of the newest try, when it failed. */
  error?: Error;
}

/** After that there is no answer: a network that changed under a phone swallows requests without a word. */
const PATIENCE_MS = 10_000;

/** @param ask the same function as long as the same is asked */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({});
  // Before the browser paints what stands there meanwhile: each step of a screen would wait for a frame.
  useLayoutEffect(() => {
    let control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setAsked({});
    async function run() {
      clearTimeout(timer);
      control.abort();
      const mine = new AbortController();
      control = mine;
      const patience = setTimeout(() => mine.abort(PATIENCE), PATIENCE_MS);
      // One that was stopped for another one, or for good, says nothing.
      const isStopped = () => mine.signal.aborted && mine.signal.reason !== PATIENCE;
      try {
        const value = await ask(mine.signal);
        if (!isStopped()) setAsked({ value, at: Date.now() });
      } catch (error) {
        if (!isStopped()) setAsked((before) => ({ ...before, error: error as Error }));
      }
      clearTimeout(patience);
      if (!isStopped()) timer = setTimeout(run, everyMs);
    }
    // Timers sleep with the phone.
    const onWake = () => document.visibilityState === "visible" && void run();
    document.addEventListener("visibilitychange", onWake);
    void run();
    return () => {
      control.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onWake);
    };
  }, [ask, everyMs]);
  return asked;
}

const PATIENCE = new TypeError("no answer in time");
