/** A hub in a process of its own, as whoever started it sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { RadioStatus } from "../../../gateway/radio/radio";
import { StoreReader } from "../../../gateway/store/reader";
import type { FromHub, HubArguments, HubUsage, Logged, ToHub } from "./hubprogram";
import type { UnitProcess } from "./unitprocess";
import { until } from "./until";

export class HubProcess {
  private child?: ChildProcess;
  private readonly waiting: { resolve(message: FromHub): void; reject(error: Error): void }[] = [];

  constructor(
    private readonly program: string,
    private readonly args: HubArguments,
    private readonly logFile: string,
  ) {}

  get dataDir(): string {
    return this.args.dataDir;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Resolves when its radio runs. */
  async start(): Promise<void> {
    const log = fs.openSync(this.logFile, "a");
    const child = fork(this.program, [JSON.stringify(this.args)], {
      stdio: ["ignore", log, log, "ipc"],
      execArgv: ["--expose-gc"],
    });
    fs.closeSync(log);
    this.child = child;
    const ready = new Promise<FromHub>((resolve, reject) => this.waiting.push({ resolve, reject }));
    child.on("message", (message: FromHub) => this.waiting.shift()?.resolve(message));
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`the hub ended: ${this.log()}`));
    });
    await ready;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** In order. */
  async stop(): Promise<void> {
    if (!this.child) return;
    await this.ask({ ask: "stop" }).catch(() => {});
    await this.kill();
  }

  /** What it said on the way: the end of it. */
  log(): string {
    return this.said().slice(-40).join("\n");
  }

  /** Every line that it said since it was made. */
  said(): string[] {
    return fs.readFileSync(this.logFile, "utf8").split("\n");
  }

  /** All that it logged of this adapter. */
  logged(adapter: string): Logged[] {
    const lines = this.said().filter((line) => line.startsWith("{"));
    return lines.map((line): Logged => JSON.parse(line)).filter(({ fields }) => fields.adapter === adapter);
  }

  async radio(): Promise<RadioStatus> {
    return (await this.usage()).status;
  }

  /** @param collect garbage first, so that the heap holds what is in use */
  async usage(collect = false): Promise<HubUsage> {
    const answer = await this.ask({ ask: "usage", collect });
    if (!("status" in answer)) throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** As its owner does: the button held, the code typed. */
  async claim(unit: UnitProcess): Promise<void> {
    const { claimCode, dossier } = unit.papers;
    const filed = await this.ask({ ask: "claim", claimCode, dossier });
    if (!("claim" in filed)) throw new Error(JSON.stringify(filed));
    await unit.tell({ do: "hold" });
    await until("the claim", async () => {
      const answer = await this.ask({ ask: "claimed", claim: filed.claim });
      return "claimed" in answer && answer.claimed;
    });
  }

  read<T>(look: (reader: StoreReader) => T): T {
    const reader = StoreReader.open(this.dataDir);
    try {
      return look(reader);
    } finally {
      reader.close();
    }
  }

  private ask(question: ToHub): Promise<FromHub> {
    const { child } = this;
    if (!child?.connected) return Promise.reject(new Error("the hub does not run"));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      child.send(question);
    });
  }
}
