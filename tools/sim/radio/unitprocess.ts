/** A virtual handheld in a process of its own, as whoever started it sees it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { FromUnit, UnitArguments, UnitCommand, UnitPapers, UnitStatus } from "./messages";
import { endWithin, hasEnded, startProcess } from "./process";

const END_MS = 3000;

interface Waiting {
  resolve(status: UnitStatus): void;
  reject(error: Error): void;
}

export class UnitProcess {
  /** Commands under way: the process answers in order. */
  private readonly waiting: Waiting[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly papers: UnitPapers,
  ) {
    child.on("message", (message: FromUnit) => {
      const { resolve, reject } = this.waiting.shift()!;
      if ("status" in message) resolve(message.status);
      else if ("error" in message) reject(new Error(message.error));
    });
    child.on("exit", () => {
      for (const { reject } of this.waiting.splice(0))
        reject(new Error("the virtual handheld's process ended"));
    });
  }

  /** Resolves when the firmware has booted. @param program a bundle of unit.ts, where there is one already */
  static async start(args: UnitArguments, program = "unit"): Promise<UnitProcess> {
    const child = startProcess(program, [JSON.stringify(args)], ["ignore", "ignore", "inherit", "ipc"]);
    const first = await Promise.race([once(child, "message"), once(child, "exit")]);
    const message: FromUnit | number = first[0];
    if (typeof message !== "object" || message === null || !("papers" in message))
      throw new Error("the virtual handheld's process ended before it was ready");
    return new UnitProcess(child, message.papers);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @returns how it is after that; @throws when the process ended */
  tell(command: UnitCommand): Promise<UnitStatus> {
    if (hasEnded(this.child)) return Promise.reject(new Error("the virtual handheld's process has ended"));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.send(command);
    });
  }

  /** @throws when the process ended */
  status(): Promise<UnitStatus> {
    return this.tell({ do: "status" });
  }

  async powerOff(): Promise<void> {
    if (this.child.connected) this.tell({ do: "powerOff" }).catch(() => {});
    await endWithin(this.child, END_MS);
  }

  /** SIGKILL, as a battery taken out: only what its flash holds remains. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await endWithin(this.child, END_MS);
  }
}
