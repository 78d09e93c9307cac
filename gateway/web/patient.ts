/** What takes long the first time is asked for again, so that no request hangs. */
import { Refused } from "../access/guard";
import type { Clock } from "../clock";

/** @throws Refused 503 when it takes longer */
export function patient<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(
        new Refused(503, "WEB_READING", "the hub reads this recording for the first time; ask again at once"),
      ),
    );
    work.then(resolve, reject).finally(cancel);
  });
}
