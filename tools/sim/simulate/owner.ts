/** What the owner of a handheld does, at moments that the seed decides. */
import { Op, Setting } from "../../../protocol/command";
import { RecordingMode } from "../../../protocol/open";
import type { Random } from "../random";
import type { Chronicle } from "./chronicle";
import type { StoreProcess } from "./hubparts";
import type { Schedule } from "./schedule";
import type { Unit } from "./unit";

const LONGEST_RECORDING_SECONDS = 90;
/** Acts per handheld and run, roughly, however long the run is; beyond it, per ten minutes. */
const ACTS = 8;
const LONGEST_PAUSE_MS = 75_000;

export class Owner {
  constructor(
    private readonly unit: Unit,
    private readonly store: StoreProcess,
    private readonly random: Random,
    private readonly chronicle: Chronicle,
    private readonly reclaims: boolean,
  ) {}

  /** Claims the unit first, and then lives with it. */
  live(schedule: Schedule): void {
    const pause = Math.min(LONGEST_PAUSE_MS, schedule.endMs / ACTS);
    schedule.at(this.random.between([0, 3000]), () => this.claim());
    schedule.often(this.random, [pause / 10, 2 * pause], () => this.act());
  }

  /** Holds the button and has the hub claim the unit. */
  claim(): void {
    const store = this.store.running;
    if (!store || !this.unit.isOn) return;
    this.chronicle.event(
      "claim",
      this.unit.name,
      store.claim(this.unit.claimCode, { dossier: this.unit.dossier }),
    );
    this.unit.handheld.act((monitor) => monitor.hold());
  }

  record(seconds: number): void {
    this.chronicle.event("start", this.unit.name, seconds);
    const mode = seconds > 0 ? RecordingMode.fixed : RecordingMode.continuous;
    this.unit.handheld.act((monitor) => monitor.start(mode, seconds));
  }

  stop(): void {
    this.unit.handheld.act((monitor) => monitor.stop());
  }

  private act(): void {
    const { unit, random } = this;
    const { monitor } = unit.handheld;
    const dice = random.next();
    if (!monitor) return;
    if (!monitor.keys()) this.claim();
    else if (this.reclaims && dice < 0.1) {
      unit.powerOff();
      unit.powerOn(undefined, true);
      this.claim();
    } else if (dice < 0.35) {
      this.chronicle.event("press", unit.name);
      unit.handheld.act((running) => running.press());
    } else if (dice < 0.65) this.record(1 + random.int(LONGEST_RECORDING_SECONDS));
    else if (dice < 0.75) this.record(0);
    else if (dice < 0.9) this.stop();
    else this.command();
  }

  /** By way of the hub, if the unit is connected. */
  private command(): void {
    const { random } = this;
    const commands = [
      { op: Op.start, mode: RecordingMode.strip, seconds: 5 + random.int(20) },
      { op: Op.stop },
      { op: Op.identify, seconds: 3 },
      { op: Op.settings, setting: Setting.stripSeconds, value: 5 + random.int(40) },
    ];
    const command = commands[random.int(commands.length)]!;
    try {
      this.store.running?.command(this.unit.device, command);
      this.chronicle.event("command", this.unit.name, command.op);
    } catch (error) {
      if ((error as { code?: string }).code !== "STORE_NO_SESSION") throw error;
    }
  }
}
