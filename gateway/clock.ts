/** Time as the gateway sees it; injected, so that a simulator or a test carries it. */
export interface Clock {
  /** Unix time in ms. It may jump either way: whoever measures a pause takes the absolute difference. */
  now(): number;
  /** Runs once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Looked up at every call, so that fake timers installed later carry it too. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
