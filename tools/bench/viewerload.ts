/** What of a core `avnode start --demo` takes in real time, alone and with viewers of its handheld. */
import { setTimeout as pause } from "node:timers/promises";
import { devices } from "../../gateway/schema/devices";
import { run } from "./program";
import { median } from "./rounds";
import { login } from "./session";
import { Watchers } from "./watchers";

const API = /^page: .*?(http:\S+)/m;
const ROUNDS = 3;
const ROUND_MS = 10_000;
/** For the claim, the first blocks, and what a start loads late. */
const SETTLE_MS = 8000;

export interface ViewerLoad {
  /** Percent of a core. */
  alone: number;
  watched: number;
  /** Resident, MB. */
  rssAlone: number;
  rssWatched: number;
}

export async function viewerLoad(dataDir: string, viewers: number): Promise<ViewerLoad> {
  const hub = run("start", "--demo", "--data", dataDir);
  try {
    const [, address] = await hub.says(API);
    await pause(SETTLE_MS);
    const answer = await fetch(address! + devices.path, { headers: await login(address!) });
    const { devices: known } = (await answer.json()) as { devices: { id: string }[] };
    const of = async (count: number) => {
      const watchers = await Watchers.of(address!, known[0]!.id, count);
      try {
        const [began, before] = [performance.now(), hub.cpuSeconds()];
        await pause(ROUND_MS);
        const percent = ((hub.cpuSeconds() - before) * 100_000) / (performance.now() - began);
        if (count > 0 && (await watchers.blocks()) === 0) throw new Error("viewers saw no block");
        return percent;
      } finally {
        await watchers.stop();
      }
    };
    const [alone, watched]: number[][] = [[], []];
    const rss: [number, number] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      alone!.push(await of(0));
      rss[0] = hub.residentMegabytes();
      watched!.push(await of(viewers));
      rss[1] = hub.residentMegabytes();
    }
    return { alone: median(alone!), watched: median(watched!), rssAlone: rss[0], rssWatched: rss[1] };
  } finally {
    await hub.stop();
  }
}
