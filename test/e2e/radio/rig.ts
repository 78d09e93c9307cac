/**
 * Whole paths over the virtual radio: firmware behind the real bleno, an air, the real noble in a real hub. Units and
 * hubs are processes; the air lives in the test, so that it can be meddled with. Everything is ended by its pid.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { systemClock } from "../../../gateway/clock";
import type { RadioStatus } from "../../../gateway/radio/radio";
import { StoreReader } from "../../../gateway/store/reader";
import { MonitorState } from "../../../protocol/command";
import { Air, type AirSettings } from "../../../tools/sim/radio/air";
import { listenOnAir } from "../../../tools/sim/radio/airserver";
import type { UnitArguments, UnitStatus } from "../../../tools/sim/radio/messages";
import { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { Random } from "../../../tools/sim/random";
import { stored } from "../rig";
import type { FromHub, HubArguments, ToHub } from "./hub-process";

const ROOT = path.join(__dirname, "../../..");
/** Generous: nothing but the order of things is asked for, on whatever machine. */
export const LIMIT_MS = 60_000;
const LOOK_MS = 50;

/** Looks now and then until it is so. @throws after `limitMs` */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await isSo()); ) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** As the program is shipped: started from source it would spend its time compiling. */
function bundle(entry: string): string {
  const outfile = path.join(ROOT, "dist", `radio-${process.pid}-${path.basename(entry, ".ts")}.js`);
  buildSync({
    ...{ entryPoints: [path.join(ROOT, entry)], outfile, bundle: true, platform: "node", format: "cjs" },
    ...{ target: "node20.19", packages: "external", logLevel: "warning" },
  });
  return outfile;
}

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
      execArgv: [],
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

  /** What it said on the way; for a failed test's message. */
  log(): string {
    return fs.readFileSync(this.logFile, "utf8").split("\n").slice(-40).join("\n");
  }

  async radio(): Promise<RadioStatus> {
    return (await this.usage()).status;
  }

  async usage(): Promise<{ status: RadioStatus; rssBytes: number; cpuMicros: number }> {
    const answer = await this.ask({ ask: "status" });
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

export class Rig {
  private readonly hubs: HubProcess[] = [];
  private readonly units = new Set<UnitProcess>();
  private names = 0;

  private constructor(
    readonly seed: number,
    readonly air: Air,
    private readonly server: Server,
    readonly folder: string,
    private readonly program: string,
  ) {}

  static async open(seed: number, settings: Partial<AirSettings> = {}): Promise<Rig> {
    // Short: a socket's path holds 107 bytes.
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
    const clock = { now: () => performance.now(), after: systemClock.after };
    const air = new Air(clock, new Random(seed).fork("air"), settings);
    const server = await listenOnAir(air, path.join(folder, "air"));
    return new Rig(seed, air, server, folder, bundle("test/e2e/radio/hub-process.ts"));
  }

  get socket(): string {
    return path.join(this.folder, "air");
  }

  /** A hub that does not run yet, with a data directory of its own. @param addresses of its adapters */
  hub(addresses: string[], limits?: HubArguments["limits"]): HubProcess {
    const name = `hub${++this.names}`;
    const adapters = addresses.map((address) => this.adapter(address));
    const args = { dataDir: path.join(this.folder, name), adapters, limits };
    const hub = new HubProcess(this.program, args, path.join(this.folder, `${name}.log`));
    this.hubs.push(hub);
    return hub;
  }

  /** Id of the hub's adapter with this address. */
  adapter(address: string): string {
    return `unix:${this.socket}#${address}`;
  }

  /** Boots a virtual handheld; the same name has the same flash again. */
  async unit(name: string, address: string, more: Partial<UnitArguments> = {}): Promise<UnitProcess> {
    const { socket, folder, seed } = this;
    const keepsake = path.join(folder, name);
    const source = { ecg: { seed, rate: 256 } };
    const unit = await UnitProcess.start({ socket, address, keepsake, source, ...more });
    this.units.add(unit);
    return unit;
  }

  async close(): Promise<void> {
    for (const unit of this.units) await unit.kill();
    for (const hub of this.hubs) await hub.kill();
    this.server.close();
    this.air.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
    fs.rmSync(this.program, { force: true });
  }
}

/** Records until this many samples were taken from now on. */
export async function sampled(unit: UnitProcess, samples: number): Promise<void> {
  const from = (await unit.status()).witnessed.samples;
  await until(`${samples} samples`, async () => (await unit.status()).witnessed.samples >= from + samples);
}

/**
 * Stops the unit's recording, waits until the store answered for all of it, and holds what the store has against what
 * the front end was given, bit for bit. @returns how the unit is then
 */
export async function assertComplete(unit: UnitProcess, hub: HubProcess): Promise<UnitStatus> {
  await unit.tell({ do: "stop" });
  let status = await unit.status();
  await until("all receipts", async () => {
    status = await unit.status();
    return status.state === MonitorState.idle && status.backlog === 0;
  });
  hub.read((reader) => {
    const { device } = unit.papers;
    const found = reader.recordings({ device }).find(({ recording }) => recording === status.recording);
    assert.ok(found, `recording ${status.recording} is not in the store`);
    assert.equal(found.state, "closed");
    assert.deepEqual([found.holes, found.dropped, found.flags], [0, 0, []]);
    assert.deepEqual(reader.gaps(found.id), []);
    assert.ok(status.witnessed.samples > 0);
    assert.deepEqual(stored(reader, found.id, status.witnessed.leads.length), status.witnessed);
    assert.deepEqual(reader.verify(found.id).problems, []);
  });
  return status;
}
