/** exec:COMMAND: a unit whose console is a program's standard input and output, as Espruino's build for Linux is one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Port } from "./port";
import { streamWire } from "./stream";

export function execPort(command: string): Port {
  return {
    name: `exec:${command}`,
    async waitForUnit(signal) {
      signal.throwIfAborted();
      // A group of its own: the shell's child ends with it.
      const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: true });
      const end = () => process.kill(-child.pid!, "SIGKILL");
      const last = () => child.pid !== undefined && child.exitCode === null && end();
      process.once("exit", last);
      child.once("close", () => process.off("exit", last));
      return streamWire({
        input: child.stdin,
        output: child.stdout,
        end: async () => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          end();
          await once(child, "close");
        },
      });
    },
    // The program is the unit: there is no other.
    isSingle: true,
  };
}
