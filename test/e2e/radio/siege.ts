/** A house under attack: a hub and its handhelds on one air, attackers as processes beside them, all that the air carries. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { RadioLimits } from "../../../gateway/radio/bluetooth";
import type { HubProcess } from "../../../tools/sim/radio/hubprocess";
import { bundle, Rig } from "../../../tools/sim/radio/rig";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import type { AttackArguments, AttackReport } from "./attacker-process";

const HUB = "d0:00:00:00:00:01";
const MAX_CAPTURED = 200_000;
export const Att = { write: 0x52, writeRequest: 0x12, notification: 0x1b };

/** One L2CAP packet, or a piece of a longer one. */
export interface Captured {
  to: string;
  packet: Buffer;
}

/** The attack without what every attacker needs. */
type Attack = AttackArguments extends infer One
  ? One extends unknown
    ? Omit<One, "socket" | "seed">
    : never
  : never;

export class Attacker {
  report: AttackReport = { links: 0, sent: 0, heard: [], heldMs: [], linked: false };

  constructor(private readonly child: ChildProcess) {
    child.on("message", (report: AttackReport) => {
      this.report = report;
    });
  }

  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(): Promise<void> {
    if (!this.runs) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

export class Siege {
  readonly captured: Captured[] = [];
  private readonly attackers: Attacker[] = [];

  private constructor(
    readonly rig: Rig,
    readonly hub: HubProcess,
    private readonly program: string,
  ) {
    const { air } = rig;
    const judge = air.judge.bind(air);
    air.judge = (link, to, starts, packet) => {
      if (this.captured.length < MAX_CAPTURED) this.captured.push({ to: to.host.address, packet });
      return judge(link, to, starts, packet);
    };
  }

  static async open(seed: number, limits?: Partial<RadioLimits>): Promise<Siege> {
    const rig = await Rig.open(seed);
    const hub = rig.hub([HUB], limits);
    await hub.start();
    return new Siege(rig, hub, bundle("test/e2e/radio/attacker-process.ts"));
  }

  /** One of the house that records, and whose frames arrive. */
  async handheld(name: string, address: string): Promise<UnitProcess> {
    const unit = await this.rig.unit(name, address);
    await this.hub.claim(unit);
    await unit.tell({ do: "start" });
    await until(`${name} to be live`, () => this.isLive(unit));
    return unit;
  }

  attack(attack: Attack): Attacker {
    const { seed, socket } = this.rig;
    const args = JSON.stringify({ ...attack, seed, socket });
    const child = fork(this.program, [args], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
    const attacker = new Attacker(child);
    this.attackers.push(attacker);
    return attacker;
  }

  async isLive(unit: UnitProcess): Promise<boolean> {
    const { backlog, radio } = await unit.status();
    return radio.subscribed && backlog <= 3;
  }

  /** Not from an attacker, who has it by now. */
  cutFromHub(address: string): void {
    const links = this.rig.air.links();
    if (links.some(({ central, peripheral }) => central === HUB && peripheral === address))
      this.rig.air.cut(address);
  }

  /** What the hub wrote to this handheld, from its ATT opcode on. */
  writesTo(address: string): Buffer[] {
    return this.attTo(address, Att.write);
  }

  attTo(address: string, opcode: number): Buffer[] {
    return this.captured
      .filter(({ to, packet }) => to === address && packet[4] === opcode)
      .map(({ packet }) => packet.subarray(4));
  }

  notifications(): number {
    return this.attTo(HUB, Att.notification).length;
  }

  /** MiB, of the hub's process. */
  hubMemory(): number {
    const status = fs.readFileSync(`/proc/${this.hub.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
  }

  async close(): Promise<void> {
    for (const attacker of this.attackers) await attacker.kill();
    await this.rig.close();
    fs.rmSync(this.program, { force: true });
  }
}
