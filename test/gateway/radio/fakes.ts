/** A house of fakes in virtual time: adapters without a stack, handhelds without a radio. */
import type { Clock } from "../../../gateway/clock";
import type { Dial, DialFailure, DialledLink } from "../../../gateway/radio/bluetooth";
import {
  type Central,
  CentralError,
  type CentralHandlers,
  type CentralLink,
  type CentralState,
} from "../../../gateway/radio/central";
import type { CloseCause } from "../../../gateway/radio/radio";
import type { Log } from "../../../gateway/store/log";
import { Gatt } from "../../../protocol/names";

export class ManualClock implements Clock {
  private time = 1_700_000_000_000;
  /** Added to what the clock shows, as when the hub learns the time. */
  jumpMs = 0;
  private readonly timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.time + this.jumpMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  get timerCount(): number {
    return this.timers.size;
  }

  /** Runs what is due on the way, each with the promises behind it. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      let next: { at: number; run: () => void } | undefined;
      for (const timer of this.timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
      if (!next) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
      await settle();
    }
    this.time = end;
  }
}

/** Longer than the longest chain of promises between two timers. */
async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

/** A handheld, or whatever says that it is one. */
export interface FakeUnit {
  address: string;
  name?: string;
  /** dBm by adapter; where it stands in none, it is not heard. */
  rssi: Record<string, number>;
  everyMs: number;
  /** By default. */
  connectable?: boolean;
  /** Never answers a connect. */
  isDeaf?: boolean;
  /** Nothing that is asked of it once it is connected is answered, nor does its link end with the adapter. */
  isStuck?: boolean;
  /** The store answers it, so long after it connected. */
  provesAfterMs?: number;
  link?: FakeLink;
  connects: number;
}

export class FakeLink implements CentralLink {
  readonly payloadBytes = 128;
  readonly refused = false;
  onNotification: (bytes: Uint8Array) => void = () => {};
  onClosed: (reason?: number) => void = () => {};
  constructor(
    readonly central: FakeCentral,
    readonly unit: FakeUnit,
  ) {}
  get address(): string {
    return this.unit.address;
  }
  async discover(): Promise<void> {}
  exchangeMtu(): Promise<void> {
    return this.unit.isStuck ? new Promise(() => {}) : Promise.resolve();
  }
  async subscribe(): Promise<void> {}
  async write(): Promise<void> {}
  async rssi(): Promise<number> {
    return -50;
  }
  disconnect(): void {
    this.end(0x16);
  }
  end(reason: number): void {
    if (this.unit.link !== this) return;
    this.unit.link = undefined;
    this.central.links.delete(this);
    this.onClosed(reason);
  }
}

/** What goes wrong with an adapter; the same for every central that is opened on it. */
export interface FakeFaults {
  /** Scans, it says. */
  isSilent?: boolean;
  /** Never says that it scans. */
  neverScans?: boolean;
  /** What it becomes when opened; "on" by default, "starting" for never. */
  becomes?: CentralState;
  /** More links it refuses. */
  room?: number;
  /** A remedy from which on it works again. */
  curedBy?: "scan" | "reset" | "open";
}

export class FakeCentral implements Central {
  state: CentralState = "starting";
  readonly links = new Set<FakeLink>();
  private handlers?: CentralHandlers;
  private isScanning = false;
  private pending?: { unit: string; resolve: (link: CentralLink) => void };

  constructor(
    readonly id: string,
    private readonly house: House,
  ) {
    this.tell("open");
  }

  get faults(): FakeFaults {
    return this.house.faults(this.id);
  }

  open(handlers: CentralHandlers): void {
    this.handlers = handlers;
    this.become(this.faults.becomes ?? "on");
  }

  become(state: CentralState): void {
    this.state = state;
    if (state !== "on") this.isScanning = false;
    this.handlers?.onState(state);
  }

  scan(on: boolean): void {
    this.tell(on ? "scan" : "unscan");
    if (this.faults.neverScans) return;
    this.isScanning = on;
    this.handlers?.onScanning(on);
  }

  /** The stack ends its scan by itself. */
  endScan(): void {
    this.isScanning = false;
    this.handlers?.onScanning(false);
  }

  hears(unit: FakeUnit): void {
    const rssi = unit.rssi[this.id];
    if (rssi !== undefined && this.waitsFor(unit) && !unit.isDeaf) {
      this.reach(unit);
      return;
    }
    if (!this.isScanning || this.faults.isSilent || rssi === undefined) return;
    this.handlers?.onSign();
    this.handlers?.onHeard({
      address: unit.address,
      name: unit.name,
      service: Gatt.service,
      rssi,
      connectable: unit.connectable ?? true,
    });
  }

  /** An advertisement of a device that is none of ours. */
  hearsOther(): void {
    if (this.isScanning && !this.faults.isSilent) this.handlers?.onSign();
  }

  /** Its next advertisement that takes somebody connects it. */
  waitsFor({ address, connectable = true }: FakeUnit): boolean {
    return connectable && this.pending?.unit === address;
  }

  connect(address: string): Promise<CentralLink> {
    this.tell("connect");
    // As noble does.
    this.endScan();
    if (this.pending) return Promise.reject(new CentralError("TWO", "two connects at once on one adapter"));
    return new Promise((resolve, reject) => {
      const refused = this.links.size >= (this.faults.room ?? 99);
      if (refused) reject(Object.assign(new CentralError("HCI", "no room (0x0d)"), { reason: 0x0d }));
      else this.pending = { unit: address, resolve };
    });
  }

  /** At its next advertisement, as controllers do. */
  private reach(unit: FakeUnit): void {
    const link = new FakeLink(this, unit);
    unit.link = link;
    unit.connects++;
    this.links.add(link);
    this.pending!.resolve(link);
    this.pending = undefined;
  }

  cancel(): void {
    this.pending = undefined;
  }

  reset(): void {
    this.isScanning = false;
    this.pending = undefined;
    for (const link of [...this.links]) link.end(0x16);
    this.tell("reset");
  }

  close(): void {
    for (const link of [...this.links]) if (!link.unit.isStuck) link.end(0x16);
    this.pending = undefined;
    this.isScanning = false;
    this.handlers = undefined;
    this.tell("close");
    this.house.centrals.delete(this.id);
  }

  private tell(what: string): void {
    this.house.told.push(`${this.id} ${what}`);
    const { faults } = this;
    if (faults.curedBy === what) Object.assign(faults, { isSilent: false, neverScans: false, becomes: "on" });
  }
}

/** Adapters, units, and a dial that does no more than connect. */
export class House {
  readonly clock = new ManualClock();
  readonly units = new Map<string, FakeUnit>();
  readonly centrals = new Map<string, FakeCentral>();
  /** What the centrals were told to do, in order. */
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly log: Log = {
    info: (_, text) => this.logged.push(text),
    warn: (_, text) => this.logged.push(text),
    error: (_, text) => this.logged.push(text),
  };
  adapters: string[] = [];
  private readonly byAdapter = new Map<string, FakeFaults>();

  faults(id: string): FakeFaults {
    let faults = this.byAdapter.get(id);
    if (!faults) {
      faults = {};
      this.byAdapter.set(id, faults);
    }
    return faults;
  }

  readonly open = (id: string): Central => {
    const central = new FakeCentral(id, this);
    this.centrals.set(id, central);
    return central;
  };

  add(unit: Omit<FakeUnit, "connects" | "everyMs"> & { everyMs?: number }): FakeUnit {
    const full: FakeUnit = { everyMs: 400, ...unit, connects: 0 };
    this.units.set(full.address, full);
    const advertise = () => {
      if (this.units.get(full.address) !== full) return;
      for (const central of this.centrals.values()) if (!full.link) central.hears(full);
      this.clock.after(full.everyMs, advertise);
    };
    this.clock.after(full.everyMs, advertise);
    return full;
  }

  remove(unit: FakeUnit): void {
    this.units.delete(unit.address);
    unit.link?.end(0x08);
  }

  dial: Dial = (central, address, { connectMs }) =>
    new Promise((resolve, reject) => {
      const fail = (cause: CloseCause, error: Error) =>
        reject(Object.assign(error, { cause }) as unknown as DialFailure);
      const cancelLimit = this.clock.after(connectMs, () => {
        fail("connect", new Error(`no answer within ${connectMs} ms`));
        central.cancel(address);
      });
      central.connect(address).then(
        (link) => {
          cancelLimit();
          resolve(new FakeRelayLink(link));
        },
        (error) => {
          cancelLimit();
          fail("connect", error);
        },
      );
    });
}

class FakeRelayLink implements DialledLink {
  private static count = 0;
  readonly id = `link ${++FakeRelayLink.count}`;
  readonly notificationBytes = 128;
  onNotification: (bytes: Uint8Array) => void = () => {};
  onClosed: (cause: CloseCause) => void = () => {};
  private isOpen = true;
  constructor(readonly link: CentralLink) {
    link.onNotification = (bytes) => this.onNotification(bytes);
    link.onClosed = (reason) => this.end(reason === 0x08 ? "lost" : "peer");
  }
  start(): void {}
  write(): void {}
  close(cause: CloseCause): void {
    this.end(cause);
    this.link.disconnect();
  }
  private end(cause: CloseCause): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onClosed(cause);
  }
}

export function unitOf(link: unknown): FakeUnit {
  return ((link as FakeRelayLink).link as FakeLink).unit;
}
