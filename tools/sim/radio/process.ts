/** Starts this folder's programs as processes: bundled beside the program, or from their sources under ts-node. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { isAbsolute, join } from "node:path";

const FROM_SOURCES = __filename.endsWith(".ts");

/** @param program of dist/NAME.js, and of NAME.ts in this folder; or a path of a bundle */
export function startProcess(program: string, args: string[], stdio: StdioOptions): ChildProcess {
  // A group of its own: Ctrl-C at the terminal is for the one that started it, which then ends this one in order.
  return spawn(process.execPath, [...scriptOf(program), ...args], { stdio, detached: true });
}

function scriptOf(program: string): string[] {
  if (isAbsolute(program)) return [program];
  return FROM_SOURCES
    ? ["-r", require.resolve("ts-node/register/transpile-only"), join(__dirname, `${program}.ts`)]
    : [join(__dirname, `${program}.js`)];
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
