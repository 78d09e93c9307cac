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

/** @param ask the same function as long as the same is asked */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({});
  // Before the browser paints what stands there meanwhile: each step of a screen would wait for a frame.
  useLayoutEffect(() => {
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setAsked({});
    async function run() {
      clearTimeout(timer);
      try {
        const value = await ask(control.signal);
        if (!control.signal.aborted) setAsked({ value, at: Date.now() });
      } catch (error) {
        if (!control.signal.aborted) setAsked((before) => ({ ...before, error: error as Error }));
      }
      if (!control.signal.aborted) timer = setTimeout(run, everyMs);
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
