/** Starts this folder's programs as processes: bundled beside the program, or from their sources under ts-node. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const FROM_SOURCES = __filename.endsWith(".ts");

/** @param name of dist/NAME.js, and of NAME.ts in this folder */
export function startProcess(name: string, args: string[], stdio: StdioOptions): ChildProcess {
  const program = FROM_SOURCES
    ? ["-r", require.resolve("ts-node/register/transpile-only"), join(__dirname, `${name}.ts`)]
    : [join(__dirname, `${name}.js`)];
  // A group of its own: Ctrl-C at the terminal is for the one that started it, which then ends this one in order.
  return spawn(process.execPath, [...program, ...args], { stdio, detached: true });
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Waits for its end, then ends it. */
export async function endWithin(child: ChildProcess, ms: number): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  await ended;
  clearTimeout(timer);
}
