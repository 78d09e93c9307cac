/** How long `avnode start` takes until it is ready, and how much memory it then holds with nothing to do. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { isBuilt, run } from "./program";
import { interleave, median, secondsOf } from "./rounds";

const ROUNDS = 5;
/** Said when broker and store are up; and last, when the page is served. */
const READY = /^broker: /m;
const SERVED = /^page: /m;
const IDLE_MS = 1500;

export async function benchStart(context: Context): Promise<Row[]> {
  if (!isBuilt(context)) return [];
  return inFolder(async (folder) => {
    const memory: number[] = [];
    const pages: number[] = [];
    let round = 0;
    const { avnode, ...peers } = await interleave(
      ROUNDS,
      {
        avnode: async () => {
          const program = run("start", "--data", join(folder, `${round++}`));
          try {
            const served = secondsOf(() => program.says(SERVED));
            const seconds = await secondsOf(() => program.says(READY));
            pages.push(1000 * (await served));
            await pause(IDLE_MS);
            memory.push(program.residentMegabytes());
            return 1000 * seconds;
          } finally {
            await program.stop();
          }
        },
        "node, empty program": async () =>
          1000 * (await secondsOf(() => once(spawn(process.execPath, ["-e", "0"]), "exit"))),
      },
      context.progress,
    );
    context.note(`median of ${ROUNDS} rounds, each with a new data directory, on Node ${process.version}`);
    return [
      { name: "start/ready-ms", value: avnode, unit: "ms", peers },
      { name: "start/page-ms", value: median(pages), unit: "ms", peers: {} },
      { name: "start/rss-mb", value: median(memory), unit: "MB", peers: {} },
    ];
  });
}
