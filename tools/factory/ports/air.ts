/** A second adapter, which hears units advertise and looks for their console over the air: one for all slots. */
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../../gateway/clock";
import { ADAPTER_LIMITS, Adapter } from "../../../gateway/radio/adapter";
import { presentAdapters } from "../../../gateway/radio/adapters";
import {
  type Advertisement,
  CentralError,
  type CentralLink,
  type CentralState,
  type Served,
} from "../../../gateway/radio/central";
import { DIAL_LIMITS } from "../../../gateway/radio/dial";
import { openNoble } from "../../../gateway/radio/noble";
import { adviser, surroundings } from "../../../gateway/radio/permission";
import { silentLog } from "../../../gateway/store/log";
import { FactoryFailure } from "../failure";
import { UnitFailure } from "../steps";
import type { OpenWire, Port } from "./port";

/** The Nordic UART Service, which is Espruino's console over the air. It notifies from TX and is written to RX. */
const UART: Served = {
  service: "6e400001-b5a3-f393-e0a9-e50e24dcca9e",
  uplink: "6e400003-b5a3-f393-e0a9-e50e24dcca9e",
  downlink: "6e400002-b5a3-f393-e0a9-e50e24dcca9e",
};
const OPEN_MS = 5000;
const LOOK_MS = 100;
/** Who was silent for so long is gone; if it is heard again, it started anew. */
const STALE_MS = 15_000;
const MAX_HEARD = 1024;
const TRIES = 3;
const AGAIN_MS = 500;
/** The two highest bits of a resolvable private address: Core 5.4 Vol 6 Part B 1.3.2.2. */
const RESOLVABLE = /^[4-7]/;

interface Heard {
  /** Unix ms. */
  firstAt: number;
  at: number;
  /** dBm. */
  rssi: number;
}

/** One unit, as far as a slot knows it. */
interface Sought {
  slot: string;
  /** As it said over its console; lower case, with colons. */
  address?: string;
  /** Unix ms: since when it may have been there. */
  since: number;
}

export class Air {
  private readonly heard = new Map<string, Heard>();
  /** Addresses by the slot whose unit each was taken for. */
  private readonly taken = new Map<string, string>();
  private readonly adapter: Adapter;
  /** Connects go one after another. */
  private connects: Promise<unknown> = Promise.resolve();

  private constructor(id: string) {
    this.adapter = new Adapter({
      id,
      open: () => openNoble(id, { exclusive: false }),
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
  }

  /** @param id "hci0", or "unix:PATH" of a virtual radio; @throws FACTORY_ADAPTER */
  static async open(id: string): Promise<Air> {
    if (presentAdapters([id]).length === 0)
      throw new FactoryFailure(
        "FACTORY_ADAPTER",
        `there is no adapter ${id}: name one as hciconfig lists it`,
      );
    const air = new Air(id);
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

  /** That port, whose units this adapter hears. */
  hearing(port: Port): Port {
    let since = 0;
    let found: string | undefined;
    const find = (address?: string) => {
      found ??= this.find({ slot: port.name, address, since });
      return found;
    };
    return {
      ...port,
      waitForUnit(signal) {
        since = Date.now();
        found = undefined;
        return port.waitForUnit(signal);
      },
      seen: async (address) => find(address) !== undefined,
      otherPaths: async (address) => {
        for (const until = Date.now() + STALE_MS; !find(address) && Date.now() < until; )
          await pause(LOOK_MS);
        // Whoever is not heard by then cannot be tried; that it is not is found next.
        return found ? [{ name: "air", wire: await this.console(found) }] : [];
      },
    };
  }

  /**
   * A unit's own address, where it said one that is on the air. A locked unit may hide it behind resolvable ones: then the
   * strongest of those that came on the air since the unit was awaited, and that no other slot has.
   */
  private find({ slot, address, since }: Sought): string | undefined {
    const now = Date.now();
    const isHere = ({ at }: Heard) => at >= since && now - at <= STALE_MS;
    const own = address === undefined ? undefined : this.heard.get(address);
    if (own && isHere(own)) return address;
    const others = [...this.taken].filter(([name]) => name !== slot).map(([, other]) => other);
    const [found] = [...this.heard]
      .filter(([one, heard]) => {
        const isNew = heard.firstAt >= since && !others.includes(one);
        return isHere(heard) && isNew && (address === undefined || RESOLVABLE.test(one));
      })
      .sort(([, a], [, b]) => b.rssi - a.rssi);
    if (found) this.taken.set(slot, found[0]);
    return found?.[0];
  }

  /** @returns undefined where it offers no console; @throws UnitFailure E09 where it lets nobody look */
  private async console(address: string): Promise<OpenWire | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.look(address);
      } catch (error) {
        if (tries === TRIES)
          throw new UnitFailure(
            "E09",
            `heard, but its console over the air could not be looked for: ${(error as Error).message}`,
          );
        await pause(AGAIN_MS);
      }
    }
  }

  private hears({ address, name, rssi }: Advertisement): void {
    // One with an owner says no name.
    if (name === undefined) return;
    const now = Date.now();
    const before = this.heard.get(address);
    const firstAt = before && now - before.at <= STALE_MS ? before.firstAt : now;
    this.heard.delete(address);
    this.heard.set(address, { firstAt, at: now, rssi });
    if (this.heard.size > MAX_HEARD) this.heard.delete(this.heard.keys().next().value as string);
  }

  private async look(address: string): Promise<OpenWire | undefined> {
    const connecting = this.connects.then(() => this.connect(address));
    this.connects = connecting.catch(() => {});
    const link = await connecting;
    try {
      await within(DIAL_LIMITS.mtuMs, link.exchangeMtu());
      await within(DIAL_LIMITS.discoveryMs, link.discover(UART));
      await within(DIAL_LIMITS.subscribeMs, link.subscribe());
    } catch (error) {
      const code = error instanceof CentralError ? error.code : "";
      // Half a console is one, too.
      if (code === "NO_CHARACTERISTIC" || code === "ATT") return wireOver(link);
      link.disconnect();
      if (code === "NO_SERVICE") return undefined;
      throw error;
    }
    return wireOver(link);
  }

  private async connect(address: string): Promise<CentralLink> {
    const connecting = this.adapter.connect(address);
    try {
      return await within(DIAL_LIMITS.connectMs, connecting);
    } catch (error) {
      connecting.then(
        (late) => late.disconnect(),
        () => {},
      );
      this.adapter.cancel(address);
      throw error;
    }
  }
}

function bound(id: string) {
  const { advise, isShared } = adviser(systemClock, () => surroundings(false));
  return { advise: (state: CentralState) => advise(id, state), isShared: () => isShared(id) };
}

function wireOver(link: CentralLink): OpenWire {
  let last: Promise<void> = Promise.resolve();
  const wire: OpenWire = {
    onData: () => {},
    onGone: () => {},
    write(bytes) {
      for (let at = 0; at < bytes.length; at += link.payloadBytes) {
        const piece = bytes.subarray(at, at + link.payloadBytes);
        last = last.then(() => link.write(piece)).catch(() => {});
      }
    },
    close: async () => link.disconnect(),
  };
  link.onNotification = (bytes) => wire.onData(bytes);
  link.onClosed = () => wire.onGone();
  return wire;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
