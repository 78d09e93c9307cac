/** The station's Bluetooth adapter, one for all slots: it hears units advertise, and speaks to consoles over the air. */
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../../gateway/clock";
import { ADAPTER_LIMITS, Adapter } from "../../../gateway/radio/adapter";
import { presentAdapters } from "../../../gateway/radio/adapters";
import type { Advertisement, CentralState } from "../../../gateway/radio/central";
import { openNoble } from "../../../gateway/radio/noble";
import { adviser, surroundings } from "../../../gateway/radio/permission";
import { silentLog } from "../../../gateway/store/log";
import { Gatt } from "../../../protocol/names";
import { FactoryFailure } from "../failure";
import { UnitFailure } from "../steps";
import { Dialler, UART, type Who } from "./dialler";
import { OnAir } from "./onair";
import type { Likeness, Met, OpenWire, Port } from "./port";

const OPEN_MS = 5000;
const LOOK_MS = 100;
const MAX_KNOWN = 1024;

interface Known {
  /** Of its appearance on the air: after another it may be somebody else. */
  firstAt: number;
  who: Promise<Who>;
}

export class Air {
  /** Those that advertise as ours do, and say their name. */
  readonly handhelds: OnAir;
  /** Those that say that they have a console. */
  readonly consoles: OnAir;
  private readonly known = new Map<string, Known>();
  private readonly adapter: Adapter;
  private readonly dialler: Dialler;

  private constructor(id: string, staleMs?: number) {
    this.handhelds = new OnAir(staleMs);
    this.consoles = new OnAir(staleMs);
    this.adapter = new Adapter({
      id,
      open: () => openNoble(id, { exclusive: false, services: [UART.service, Gatt.service] }),
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      limits: ADAPTER_LIMITS,
      ...bound(id),
      expectsSomebody: () => false,
      linkCount: () => 0,
      onHeard: (seen) => this.hears(seen),
      onReady: () => {},
      onDown: () => {},
    });
    this.dialler = new Dialler(this.adapter);
  }

  /** @param id "hci0", or "unix:PATH" of a virtual radio; @param staleMs after which who is silent is gone; @throws FACTORY_ADAPTER */
  static async open(id: string, staleMs?: number): Promise<Air> {
    if (presentAdapters([id]).length === 0)
      throw new FactoryFailure(
        "FACTORY_ADAPTER",
        `there is no adapter ${id}: name one as hciconfig lists it`,
      );
    const air = new Air(id, staleMs);
    air.adapter.start();
    for (const until = Date.now() + OPEN_MS; !air.adapter.isOn; ) {
      if (Date.now() > until) {
        const trouble = air.trouble()!;
        air.close();
        throw new FactoryFailure("FACTORY_ADAPTER", trouble);
      }
      await pause(LOOK_MS);
    }
    return air;
  }

  close(): void {
    this.adapter.stop();
  }

  /** What is wrong with the adapter, and what to do; undefined while it works. */
  trouble(): string | undefined {
    if (this.adapter.isOn) return undefined;
    const { id, state, advice = "unplug it and plug it in again" } = this.adapter.status();
    return `${id} does not work (${state}): ${advice}`;
  }

  /** @returns undefined where it offers no console; @throws Error where it lets nobody look */
  console(address: string): Promise<OpenWire | undefined> {
    return this.dialler.console(address);
  }

  /** Who a handheld on the air is; undefined where it lets nobody look, or is gone. */
  async who(address: string): Promise<Who | undefined> {
    const heard = this.handhelds.lately(address);
    if (!heard) return undefined;
    let known = this.known.get(address);
    if (known?.firstAt !== heard.firstAt) {
      known = { firstAt: heard.firstAt, who: this.dialler.who(address) };
      this.known.set(address, known);
    }
    try {
      return await known.who;
    } catch {
      this.known.delete(address);
      return undefined;
    }
  }

  /** That port, whose units this adapter meets. */
  hearing(port: Port): Port {
    return port.meet ? port : { ...port, meet: (unit, patienceMs) => this.meet(unit, patienceMs) };
  }

  /**
   * The unit that says its own alias, whatever its address; or that has a console at its own address, alias or not. Whoever
   * came last is asked first: a unit that has just restarted did.
   * @throws UnitFailure E09
   */
  async meet(unit: Likeness, patienceMs: number): Promise<(Met & { address: string }) | undefined> {
    const since = Date.now();
    const until = since + patienceMs;
    do {
      const there = this.handhelds.all().sort(([, a], [, b]) => b.firstAt - a.firstAt);
      for (const [address] of there) {
        const who = await this.who(address);
        const isOwn = who?.alias ? unit.isOwn(who.alias) : who?.hasConsole && address === unit.address;
        if (isOwn) return { address, console: who?.hasConsole ? await this.dialled(address) : undefined };
        if (Date.now() > until) break;
      }
      await pause(LOOK_MS);
    } while (Date.now() < until);
    const trouble = this.trouble();
    if (trouble) throw new UnitFailure("E09", trouble);
    const { address } = unit;
    if (!address || (this.consoles.lately(address)?.at ?? 0) < since) return undefined;
    // As a blank one advertises, and not from before its restart: what was flashed does not run.
    const console = await this.dialled(address);
    return console && { address, console };
  }

  private async dialled(address: string): Promise<OpenWire | undefined> {
    try {
      return await this.console(address);
    } catch (error) {
      throw new UnitFailure("E09", `its console over the air lets nobody in: ${(error as Error).message}`);
    }
  }

  private hears(heard: Advertisement): void {
    if (this.known.size > MAX_KNOWN) this.known.clear();
    if (heard.service === UART.service) this.consoles.hears(heard);
    // One with an owner says no name.
    else if (heard.name !== undefined) this.handhelds.hears(heard);
  }
}

function bound(id: string) {
  const { advise, isShared } = adviser(systemClock, () => surroundings(false));
  return { advise: (state: CentralState) => advise(id, state), isShared: () => isShared(id) };
}
