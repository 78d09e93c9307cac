/** A hub in a process of its own, from here. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inTime } from "../rounds";
import type { Orders } from "./hubprocess";

const PATIENCE_MS = 120_000;

export interface HubProcess {
  order<Name extends keyof Orders>(
    name: Name,
    ...args: Parameters<Orders[Name]>
  ): Promise<ReturnType<Orders[Name]>>;
}

export async function withHub<Result>(use: (hub: HubProcess) => Promise<Result>): Promise<Result> {
  const child = fork(join(__dirname, "hubprocess.ts"), {
    execArgv: ["-r", "ts-node/register/transpile-only"],
  });
  try {
    return await use({
      async order(name, ...args) {
        child.send({ name, args });
        const [answer] = await inTime(once(child, "message"), PATIENCE_MS, `the hub did not ${name}`);
        if (answer.error) throw new Error(`hub: ${answer.error}`);
        return answer.result;
      },
    });
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
