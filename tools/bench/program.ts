/** The built program as its owner runs it, and what of the machine it takes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "./area";

const PROGRAM = join(__dirname, "../../dist/avnode.js");
const PATIENCE_MS = 15_000;
/** USER_HZ, which Linux shows to programs wherever Node runs; see proc(5). */
const TICKS_PER_SECOND = 100;

/** Says so where it is not. */
export function isBuilt(context: Context): boolean {
  if (existsSync(PROGRAM)) return true;
  context.note("dist/avnode.js is not there, left out. Run: npm run build");
  return false;
}

export const run = (...args: string[]): Program =>
  new Program(spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] }));

export class Program {
  private said = "";

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk: Buffer) => {
        this.said += chunk;
      });
  }

  /** @throws when it ends, or says nothing of the kind for too long */
  says(what: RegExp): Promise<RegExpExecArray> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const fail = (how: string) =>
        settle(() => reject(new Error(`avnode ${how} before it said ${what}: ${this.said.trim()}`)));
      const onExit = (code: number | null) => fail(`ended with code ${code}`);
      const timer = setTimeout(() => fail(`was silent for ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
      const listen = () => {
        const found = what.exec(this.said);
        if (found) settle(() => resolve(found));
      };
      const streams = [child.stdout!, child.stderr!];
      const settle = (end: () => void) => {
        clearTimeout(timer);
        child.off("exit", onExit);
        for (const stream of streams) stream.off("data", listen);
        end();
      };
      child.once("exit", onExit);
      for (const stream of streams) stream.on("data", listen);
      listen();
    });
  }

  /** VmRSS, as proc(5) has it. */
  residentMegabytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8"))!;
    return Number(kilobytes) / 1024;
  }

  /** Of all its threads since it began: utime and stime of proc(5). */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, "utf8");
    // The name in parentheses may hold anything; it is the second field.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    const impatience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    child.kill("SIGINT");
    await ended;
    clearTimeout(impatience);
  }
}
