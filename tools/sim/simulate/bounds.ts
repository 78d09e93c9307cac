/** How large the store's queues and tables in memory may become, by name, and how large they are. */
import { REFUSALS } from "../../../gateway/store/refusals";
import type { Store } from "../../../gateway/store/store";

export type Bounds = () => Record<string, { size: number; most: number }>;

const MAX_QUEUED = 4096;
const MAX_STRANGERS = 64;
const MAX_CACHED = 256;

export function boundsOf(store: Store): Bounds {
  return () => {
    const devices = [...store["devices"].all()].length;
    const links = store["sessions"]["links"];
    return {
      "messages that wait for a commit": { size: store["committer"]["queue"].length, most: MAX_QUEUED },
      "sessions of claimed handhelds and strangers": { size: links.size, most: devices + MAX_STRANGERS },
      "unproven sessions of one handheld": {
        size: Math.max(0, ...[...links.values()].map(({ pending }) => pending.length)),
        most: 8,
      },
      "counters of refusals": {
        size: store["refusals"]["counters"].size,
        most: (devices + 1) * Object.keys(REFUSALS).length,
      },
      // A batch may add some before the commit trims it.
      "recordings in memory": { size: store["recordings"]["cache"].size, most: 2 * MAX_CACHED },
    };
  };
}
