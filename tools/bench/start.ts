/** How long `avnode start` takes until it is ready, and how much memory it then holds with nothing to do. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { interleave, median, secondsOf } from "./rounds";

const PROGRAM = join(__dirname, "../../dist/avnode.js");
const ROUNDS = 5;
/** Said when broker and store are up. */
const READY = /^broker: /m;
const PATIENCE_MS = 15_000;
const IDLE_MS = 1500;

export async function benchStart(context: Context): Promise<Row[]> {
  if (!existsSync(PROGRAM)) {
    context.note("dist/avnode.js is not there, left out. Run: npm run build");
    return [];
  }
  return inFolder(async (folder) => {
    const memory: number[] = [];
    let round = 0;
    const { avnode, ...peers } = await interleave(
      ROUNDS,
      {
        avnode: async () => {
          const child = spawn(process.execPath, [PROGRAM, "start", "--data", join(folder, `${round++}`)], {
            stdio: ["ignore", "pipe", "pipe"],
          });
          try {
            const seconds = await secondsOf(() => saysReady(child));
            await pause(IDLE_MS);
            memory.push(residentMegabytes(child.pid!));
            return 1000 * seconds;
          } finally {
            await stop(child);
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
      { name: "start/rss-mb", value: median(memory), unit: "MB", peers: {} },
    ];
  });
}

/** @throws when it ends, or says nothing of the kind for too long */
function saysReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (how: string) =>
      reject(new Error(`avnode start ${how} before it was ready: ${said.trim()}`));
    const timer = setTimeout(() => fail(`was silent for ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
    const listen = (chunk: Buffer) => {
      said += chunk;
      if (!READY.test(said)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout!.on("data", listen);
    child.stderr!.on("data", listen);
  });
}

/** VmRSS, as proc(5) has it. */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) / 1024;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const impatience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  child.kill("SIGINT");
  await ended;
  clearTimeout(impatience);
}
