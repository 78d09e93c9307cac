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
import { OnAir } from "./onair";
import type { OpenWire, Port, Seen } from "./port";
import { UART, UartDialler } from "./uart";

const OPEN_MS = 5000;
const LOOK_MS = 100;
/** The two highest bits of a resolvable private address: Core 5.4 Vol 6 Part B 1.3.2.2. */
const RESOLVABLE = /^[4-7]/;

/** One unit, as far as a slot knows it. */
interface Sought {
  slot: string;
  /** As it said over its console; lower case, with colons. */
  address?: string;
  /** Unix ms: since when it may have been there. */
  since: number;
}

export class Air {
  /** Those that advertise as ours do, and say their name. */
  readonly handhelds: OnAir;
  /** Those that say that they have a console. */
  readonly consoles: OnAir;
  /** Addresses by the slot whose unit each was taken for. */
  private readonly taken = new Map<string, string>();
  private readonly adapter: Adapter;
  private readonly dialler: UartDialler;

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
    this.dialler = new UartDialler(this.adapter);
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
        const { state, advice = "unplug it and plug it in again" } = air.adapter.status();
        air.close();
        throw new FactoryFailure("FACTORY_ADAPTER", `${id} does not work (${state}): ${advice}`);
      }
      await pause(LOOK_MS);
    }
    return air;
  }

  close(): void {
    this.adapter.stop();
  }

  /** @returns undefined where it offers no console; @throws UnitFailure E09 where it lets nobody look */
  console(address: string): Promise<OpenWire | undefined> {
    return this.dialler.dial(address);
  }

  /** That port, whose units this adapter hears. */
  hearing(port: Port): Port {
    let since = 0;
    let found: { address: string; seen: Seen } | undefined;
    const restarts = () => {
      since = Date.now();
      found = undefined;
    };
    const find = (address?: string) => {
      found ??= this.find({ slot: port.name, address, since });
      return found;
    };
    return {
      ...port,
      waitForUnit(signal, tell) {
        restarts();
        return port.waitForUnit(signal, tell);
      },
      restarts,
      seen: async (address) => find(address)?.seen,
      otherPaths: async (address) => {
        for (const until = Date.now() + this.handhelds.staleMs; !find(address) && Date.now() < until; )
          await pause(LOOK_MS);
        // Whoever is not heard by then cannot be tried; that it is not is found next.
        return found ? [{ name: "air", wire: await this.console(found.address) }] : [];
      },
    };
  }

  /**
   * A unit's own address, where it said one that is on the air. A locked unit may hide it behind resolvable ones: then the
   * strongest of those that came on the air since the unit was awaited, and that no other slot has.
   */
  private find({ slot, address, since }: Sought): { address: string; seen: Seen } | undefined {
    const own = address === undefined ? undefined : this.handhelds.lately(address);
    if (own && own.at >= since) return { address: address!, seen: "by its address" };
    const others = [...this.taken].filter(([name]) => name !== slot).map(([, other]) => other);
    const [found] = this.handhelds
      .all()
      .filter(
        ([one, { firstAt }]) =>
          firstAt >= since && !others.includes(one) && (address === undefined || RESOLVABLE.test(one)),
      )
      .sort(([, a], [, b]) => b.rssi - a.rssi);
    if (!found) return undefined;
    this.taken.set(slot, found[0]);
    return { address: found[0], seen: "by a new address, taken for its own" };
  }

  private hears(heard: Advertisement): void {
    if (heard.service === UART.service) this.consoles.hears(heard);
    // One with an owner says no name.
    else if (heard.name !== undefined) this.handhelds.hears(heard);
  }
}

function bound(id: string) {
  const { advise, isShared } = adviser(systemClock, () => surroundings(false));
  return { advise: (state: CentralState) => advise(id, state), isShared: () => isShared(id) };
}
