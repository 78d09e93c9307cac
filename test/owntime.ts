import sinon, { type SinonFakeTimers } from "sinon";
import type { Clock } from "../gateway/clock";

/**
 * Fake time for whoever is given its clock. Not the process' own: what another file's servers left to do would be counted
 * among its timers, and a test that fails would leave time standing for whoever comes next.
 */
export function ownTime(): { time: SinonFakeTimers; clock: Clock } {
  const time = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  time.restore();
  const clock = {
    now: () => time.now,
    after(ms: number, run: () => void) {
      const timer = time.setTimeout(run, ms);
      return () => time.clearTimeout(timer);
    },
  };
  return { time, clock };
}
